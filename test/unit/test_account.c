/*
 * test_account.c
 *	  The counters of a scan and how those of its meters make them.
 */
#include "cases.h"
#include "wire/account.h"

CASE(every_counter_has_a_label_of_its_own)
{
	for (int i = 0; i < COUNTERS; i++)
	{
		assert_non_null(counter_kinds[i].label);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(counter_kinds[i].label, counter_kinds[j].label);
	}
}

/* A label is a key in YAML, without quotes, and after its blanks a name in XML. */
CASE(labels_are_plain_words)
{
	for (int i = 0; i < COUNTERS; i++)
	{
		assert_int_equal(strcspn(counter_kinds[i].label, ":#\"'{}[]&*!|>%@`\\"), strlen(counter_kinds[i].label));
		assert_in_range(counter_kinds[i].label[0] | 0x20, 'a', 'z');
	}
}

CASE(reasons_to_ignore_are_the_last_counters)
{
	assert_int_equal(COUNTERS - COUNTER_IGNORED, IGNORE_REASONS);
}

/*
 * Two meters of one scan that both read 100 packets: each metered its own, both saw the same ignored and filtered
 * ones.
 */
static Account
meter_account(uint64_t metered, uint64_t others)
{
	Account account = {0};

	account.counters[COUNTER_PACKETS_READ] = 100;
	account.counters[COUNTER_BYTES_READ] = 5000;
	account.counters[COUNTER_PACKETS_METERED] = metered;
	account.counters[COUNTER_PACKETS_OF_OTHER_SHARDS] = others;
	account.counters[COUNTER_PACKETS_FILTERED] = 7;
	account.counters[COUNTER_IGNORED + IGNORED_NOT_IP] = 10;
	account.counters[COUNTER_IGNORED + IGNORED_FRAGMENT] = 3;
	account.counters[COUNTER_FLOWS] = metered / 10;
	account.counters[COUNTER_DPI_STARTED] = 1;
	return account;
}

CASE(own_packets_are_added_and_shared_ones_are_not)
{
	const Account first = meter_account(60, 20),
				  second = meter_account(20, 60);
	Account scan = {0};

	account_add(&scan, &first, ACCOUNT_OF_SHARDS);
	account_add(&scan, &second, ACCOUNT_OF_SHARDS);
	assert_int_equal(scan.counters[COUNTER_PACKETS_READ], 100);
	assert_int_equal(scan.counters[COUNTER_BYTES_READ], 5000);
	assert_int_equal(scan.counters[COUNTER_PACKETS_METERED], 80);
	assert_int_equal(scan.counters[COUNTER_PACKETS_FILTERED], 7);
	assert_int_equal(scan.counters[COUNTER_IGNORED + IGNORED_NOT_IP], 10);
	assert_int_equal(scan.counters[COUNTER_IGNORED + IGNORED_FRAGMENT], 3);
	assert_int_equal(scan.counters[COUNTER_FLOWS], 8);
	assert_int_equal(scan.counters[COUNTER_DPI_STARTED], 2);
}

CASE(packets_of_other_shards_are_no_part_of_a_scan)
{
	const Account first = meter_account(60, 20),
				  second = meter_account(20, 60);
	Account scan = {0};

	account_add(&scan, &first, ACCOUNT_OF_SHARDS);
	account_add(&scan, &second, ACCOUNT_OF_SHARDS);
	assert_int_equal(scan.counters[COUNTER_PACKETS_OF_OTHER_SHARDS], 0);
	assert_true(account_adds_up(&scan));
}

CASE(account_of_a_meter_that_stopped_earlier_does_not_lower_the_scan)
{
	const Account first = meter_account(60, 20);
	Account		  scan = {0},
			second = {0};

	second.counters[COUNTER_PACKETS_READ] = 40;
	account_add(&scan, &first, ACCOUNT_OF_SHARDS);
	account_add(&scan, &second, ACCOUNT_OF_SHARDS);
	assert_int_equal(scan.counters[COUNTER_PACKETS_READ], 100);
}

/* Two meters of a live source, or of files apart, read different packets. */
CASE(parts_of_a_source_are_added)
{
	const Account first = meter_account(60, 20),
				  second = meter_account(20, 60);
	Account scan = {0};

	account_add(&scan, &first, ACCOUNT_OF_PARTS);
	account_add(&scan, &second, ACCOUNT_OF_PARTS);
	assert_int_equal(scan.counters[COUNTER_PACKETS_READ], 200);
	assert_int_equal(scan.counters[COUNTER_BYTES_READ], 10000);
	assert_int_equal(scan.counters[COUNTER_PACKETS_METERED], 80);
	assert_int_equal(scan.counters[COUNTER_PACKETS_FILTERED], 14);
	assert_int_equal(scan.counters[COUNTER_IGNORED + IGNORED_NOT_IP], 20);
	assert_int_equal(scan.counters[COUNTER_FLOWS], 8);
	assert_int_equal(scan.counters[COUNTER_PACKETS_OF_OTHER_SHARDS], 0);
}

CASE(ignored_packets_are_summed_over_all_reasons)
{
	Account account = {0};

	assert_int_equal(account_ignored(&account), 0);
	for (int i = 0; i < COUNTERS; i++)
		account.counters[i] = 1000;
	for (int i = 0; i < IGNORE_REASONS; i++)
		account.counters[COUNTER_IGNORED + i] = UINT64_C(1) << i;
	assert_int_equal(account_ignored(&account), (1 << IGNORE_REASONS) - 1);
}

CASE(account_adds_up_until_a_packet_is_lost)
{
	static const int parts[] = {COUNTER_PACKETS_READ, COUNTER_PACKETS_METERED, COUNTER_PACKETS_OF_OTHER_SHARDS,
								COUNTER_PACKETS_FILTERED, COUNTER_IGNORED, COUNTER_IGNORED + IGNORE_REASONS - 1};
	Account			 account = meter_account(60, 20);

	assert_true(account_adds_up(&account));
	for (size_t i = 0; i < LENGTH(parts); i++)
	{
		account.counters[parts[i]]++;
		assert_false(account_adds_up(&account));
		account.counters[parts[i]]--;
	}
}

/* What an interface has received was read, or dropped, or is still in the ring. */
CASE(account_of_an_interface_adds_up_until_a_packet_is_lost)
{
	static const int parts[] = {COUNTER_PACKETS_RECEIVED, COUNTER_DROPPED_BY_KERNEL, COUNTER_LEFT_IN_RING};
	Account			 account = meter_account(60, 20);

	account.counters[COUNTER_PACKETS_RECEIVED] = 107;
	account.counters[COUNTER_DROPPED_BY_KERNEL] = 5;
	account.counters[COUNTER_LEFT_IN_RING] = 2;
	assert_true(account_adds_up(&account));
	for (size_t i = 0; i < LENGTH(parts); i++)
	{
		account.counters[parts[i]]++;
		assert_false(account_adds_up(&account));
		account.counters[parts[i]]--;
	}
}

CASE(account_adds_up_whatever_the_other_counters_are)
{
	Account account = meter_account(60, 20);

	account.counters[COUNTER_FLOWS] += 5;
	account.counters[COUNTER_PACKETS_OUT_OF_ORDER] += 5;
	account.counters[COUNTER_PACKETS_GIVEN_UP] += 5;
	account.counters[COUNTER_DISSECTIONS] += 5;
	assert_true(account_adds_up(&account));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_counter_has_a_label_of_its_own),
		cmocka_unit_test(labels_are_plain_words),
		cmocka_unit_test(reasons_to_ignore_are_the_last_counters),
		cmocka_unit_test(own_packets_are_added_and_shared_ones_are_not),
		cmocka_unit_test(packets_of_other_shards_are_no_part_of_a_scan),
		cmocka_unit_test(account_of_a_meter_that_stopped_earlier_does_not_lower_the_scan),
		cmocka_unit_test(parts_of_a_source_are_added),
		cmocka_unit_test(ignored_packets_are_summed_over_all_reasons),
		cmocka_unit_test(account_adds_up_until_a_packet_is_lost),
		cmocka_unit_test(account_of_an_interface_adds_up_until_a_packet_is_lost),
		cmocka_unit_test(account_adds_up_whatever_the_other_counters_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
