#
# NFStreamEvil.pm - programs in the meter's place: evil_meter.py, by the names of its deeds.
#
package NFStreamEvil;

use strict;
use warnings;

use Exporter 'import';
use File::Basename;

use PostgreSQL::Test::Utils;

our @EXPORT_OK = qw(evil_deeds evil_program);

my $evil = dirname(__FILE__) . '/evil_meter.py';

# How many counters an account has, and which of them counts flows: those that src/wire/account.h names.
sub counters
{
	my $header = slurp_file(dirname(__FILE__) . '/../../src/wire/account.h');
	my @names = $header =~ /^\t(?:IGNORED|COUNTER)_\w+,/mg;
	my ($sums) = $header =~ /typedef enum CounterSum\n\{(.*?)\n\}/s;
	my @no_names = $sums =~ /^\tCOUNTER_\w+,/mg;

	my @counters = $header =~ /^\t(COUNTER_\w+),/mg;
	my ($flows) = grep { $counters[$_] eq 'COUNTER_FLOWS' } 0 .. $#counters;

	# COUNTER_IGNORED is the first of the reasons.
	return (@names - @no_names - 1, $flows);
}

# The version of the request, as src/wire/request.h has it.
sub version
{
	my ($version) = slurp_file(dirname(__FILE__) . '/../../src/wire/request.h') =~ /^#define REQUEST_VERSION\s+(\d+)/m;

	return $version;
}

# The deeds of one of its tables.
sub evil_deeds
{
	my ($table) = @_;

	return split ' ', `/usr/bin/python3 -c "import runpy; print(*runpy.run_path('$evil')['$table'])"`;
}

# Writes the program that does a deed; returns its path.
sub evil_program
{
	my ($node, $deed) = @_;
	my $program = $node->basedir . "/evil.$deed";
	my ($counters, $flows) = counters();
	my $version = version();

	return $program if -e $program;
	append_to_file($program, slurp_file($evil) =~ s/^COUNTERS = .*$/COUNTERS = $counters/mr =~ s/^FLOWS_COUNTER = .*$/FLOWS_COUNTER = $flows/mr
		=~ s/^VERSION = .*$/VERSION = $version/mr);
	chmod 0755, $program;
	return $program;
}

1;
