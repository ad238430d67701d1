#!/usr/bin/python3 -IS
"""A meter that lies: what it does is the ending of the name under which it is started.

Reads its request, and then sends what no meter sends, or nothing, or ends. Messages are those of src/wire/message.h.
"""
import os
import signal
import struct
import sys
import time

HELLO, NEXT_FILE, FLOWS, PLACE, DAMAGE, FAILURE, END, APPLICATION, OVERLAP, FILE = 3, 4, 5, 6, 7, 8, 9, 10, 11, 2
ORDER, TAKE_FILE, FILE_END = 12, 13, 15
OPENED, JOINED, READY, CAPTURE = 19, 21, 22, 23
FILE_TIMES = 26
PLACE_NUMBERS = 9
COUNTERS = None    # of an account; NFStreamEvil.pm writes their number here,
FLOWS_COUNTER = None    # which of them counts flows here,
VERSION = None     # and the version of the request here


def read(length):
    data = b''
    while len(data) < length:
        more = os.read(0, length - len(data))
        if not more:
            os._exit(0)
        data += more
    return data


def send(data):
    while data:
        data = data[os.write(0, data):]


def message(kind, body, length=None):
    send(struct.pack('<II', kind, len(body) if length is None else length) + body)


def hello():
    message(HELLO, struct.pack('<I32s64s96s', VERSION, b'1.0', b'4.2', b'1.10'))


def record(left, first, values, length=None, file=b'\0' * 4):
    """A flow's values, and the index of its capture, which is wanted beside them."""
    values += file
    return struct.pack('<IQQ', 20 + len(values) if length is None else length, left, first) + values


def ports(*places):
    """Records of a table whose only column is src_port."""
    message(FLOWS, b''.join(record(left, first, struct.pack('<H', 443)) for left, first in places))


def mark(left, first):
    """What a flow leaves that was set aside, where those count."""
    message(FLOWS, struct.pack('<IQQ', 20 | 1 << 31, left, first))


def leaves(*texts):
    """Records of a table whose columns all are what plugins leave, one for each text of udps, and the end of the scan."""
    def run():
        hello()
        for place, text in enumerate(texts, 1):
            message(FLOWS, record(2 * place, place, struct.pack('<I', len(text)) + text))
        account = [0] * COUNTERS
        account[0] = account[1] = account[FLOWS_COUNTER] = len(texts)    # packets read and metered, flows
        message(END, struct.pack('<%dQ' % COUNTERS, *account))
        sleep_for_ever()
    return run


def failure(code, file=0xffffffff, text=b'x', byte=0, packet=0, foreign=0):
    return struct.pack('<IIIIQQ1024s2048s', code, file, foreign, 0, byte, packet, text, b'')


def place_body(left, *numbers):
    return struct.pack('<%dQ' % PLACE_NUMBERS, left, *numbers, *[0] * (PLACE_NUMBERS - 1 - len(numbers)))


def place(left, *numbers):
    message(PLACE, place_body(left, *numbers))


def times(file=0, is_damaged=0, packets=1, first=1000, last=2000, first_nanoseconds=0, last_nanoseconds=0):
    message(FILE_TIMES, struct.pack('<IIQQQII', file, is_damaged, packets, first, last, first_nanoseconds, last_nanoseconds))


def sleep_for_ever():
    while True:
        time.sleep(1000)


def endless():
    hello()
    number = 1
    while True:
        ports(*((2 * place, place) for place in range(number, number + 1000)))
        number += 1000


def again_and_again(send_one):
    """Sends the messages of 0, 1, 2 ... and does not end."""
    def run():
        hello()
        number = 0
        while True:
            send_one(number)
            number += 1
    return run


def extremes(fill):
    """The values of a table with one column of each kind, in the order of all columns, with all bits alike."""
    def run(number):
        text = b'\xf4\x8f\xbf\xbf' * 63 if fill else b''
        values = [bytes([fill]) * 8, b'\6' + bytes([fill]) * 16, bytes([fill]) * 6, bytes([fill]) * 3, bytes([fill]) * 2,
                  bytes([fill]), bytes([fill]) * 8, bytes([fill]) * 8, bytes([fill]) * 8, bytes([fill]) * 8,
                  struct.pack('<II', 65535, 65535) + bytes([fill]) * 8 * 65535, struct.pack('<H', len(text)) + text]
        message(FLOWS, record(2 * number + 2, number + 1, b''.join(values)))
    return run


def end_and_go_on():
    hello()
    message(END, b'\0' * 8 * COUNTERS)
    number = 1
    while True:
        ports((2 * number, number))
        number += 1


def trickle():
    hello()
    send(struct.pack('<II', PLACE, 8 * PLACE_NUMBERS))
    while True:
        send(b'x')
        time.sleep(0.1)


def ends_by(number):
    hello()
    ports((2, 1), (4, 2))
    os.kill(os.getpid(), number)
    sleep_for_ever()


def forks():
    hello()
    if os.fork() == 0:
        sleep_for_ever()
    os._exit(0)


def lies_about_its_progress():
    os.pwrite(3, struct.pack('<QQQ', 2 ** 64 - 1, 2 ** 64 - 1, 2 ** 64 - 1), 0)
    ends_by(signal.SIGSEGV)


def shrinks_its_page():
    try:
        os.ftruncate(3, 0)
    except OSError:
        ends_by(signal.SIGSEGV)


def lingers():
    """Dies when it is killed, but its parent cannot see that: a process that traces it does not look, as long as there is a file."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long] * 4
    libc.prctl(0x59616d61, ctypes.c_ulong(2 ** 64 - 1), 0, 0, 0)   # PR_SET_PTRACER, any
    is_traced, tells = os.pipe()
    meter = os.getpid()
    if os.fork() == 0:
        os.setsid()
        os.closerange(0, 3)
        if libc.ptrace(0x4206, meter, 0, 0) != 0:                   # PTRACE_SEIZE
            os._exit(1)
        os.write(tells, b'x')
        os.close(tells)
        while os.path.exists(sys.argv[0] + '.hold'):
            time.sleep(0.05)
        os._exit(0)
    os.close(tells)
    if os.read(is_traced, 1) == b'':
        os._exit(9)
    hello()
    ports((2, 1), (4, 2))
    sleep_for_ever()


def after(*acts):
    def run():
        hello()
        for act in acts:
            act()
        sleep_for_ever()
    return run


def number(kind, value=0):
    """A message that is a number."""
    return lambda: message(kind, struct.pack('<I', value))


def joins(value=None, *acts):
    """Opens its interface, waits for the number of the group, and joins that, or the one of this number."""
    def run():
        number(OPENED)()
        group = struct.unpack('<III', read(12))[2] or 5
        number(JOINED, group if value is None else value)()
        for act in acts:
            act()
    return after(run)


DEEDS = {
    'garbage': lambda: (send(os.urandom(4096)), sleep_for_ever()),
    'huge': after(lambda: message(FLOWS, b'', 0xffffffff)),
    'owners_message': after(lambda: message(FILE, b'\0' * 16)),
    'unknown_message': after(lambda: message(77, b'')),
    'short_message': after(lambda: message(PLACE, place_body(0)[:-1])),
    'place_in_no_file': after(lambda: place(0, 0, 0, 0, 0, 0, 0, 0, 1)),
    'no_hello': lambda: (ports((2, 1)), sleep_for_ever()),
    'two_hellos': after(hello),
    'other_version': lambda: (message(HELLO, struct.pack('<I192s', 99, b'')), sleep_for_ever()),
    'short_record': after(lambda: message(FLOWS, record(2, 1, b'\0\0', 10))),
    'long_record': after(lambda: message(FLOWS, record(2, 1, b'\0\0', 1000))),
    'too_many_values': after(lambda: message(FLOWS, record(2, 1, b'\0' * 9))),
    'too_few_values': after(lambda: message(FLOWS, record(2, 1, b'\0'))),
    'left_before_it_came': after(lambda: ports((2, 5))),
    'wrong_order': after(lambda: ports((20, 9), (10, 4))),
    'same_twice': after(lambda: ports((20, 9), (20, 9))),
    'place_goes_back': after(lambda: place(9, 4),
                             lambda: place(9, 4)),
    'live_long_frames': after(number(READY), lambda: place(9, 4, 0, 0, 0, 4, 0, 2), lambda: place(9, 4, 0, 0, 0, 4, 0, 3),
                              lambda: message(DAMAGE, b'')),
    'record_behind_its_place': after(lambda: place(99, 40), lambda: ports((20, 9))),
    'opens_no_interface': after(number(OPENED)),
    'joins_no_group': after(number(JOINED, 5)),
    'ready_for_nothing': after(number(READY)),
    'live_opens_twice': after(number(OPENED), number(OPENED)),
    'live_joins_unasked': after(number(JOINED, 5)),
    'live_joins_without_a_number': joins(0),
    'live_joins_another_group': joins(os.getpid()),
    'live_joins_twice': joins(None, number(JOINED, 5)),
    'live_ready_before_it_joins': after(number(OPENED), number(READY)),
    'live_ready_twice': joins(None, number(READY), number(READY)),
    'live_begins_itself': joins(None, number(CAPTURE)),
    'live_never_joins': after(number(OPENED)),
    'live_never_ready': joins(),
    'file_out_of_turn': after(lambda: message(NEXT_FILE, struct.pack('<I', 7))),
    'file_again_and_again': after(lambda: [message(NEXT_FILE, struct.pack('<I', 0)) for time in range(100)]),
    'overlap_of_none': after(lambda: message(OVERLAP, struct.pack('<IIQQ', 7, 0, 1000, 2000))),
    'times_of_none': after(lambda: times(file=7)),
    'times_backwards': after(lambda: times(first=2001)),
    'times_of_nothing': after(lambda: times(packets=0)),
    'times_beyond_a_millisecond': after(lambda: times(last_nanoseconds=1000000)),
    'overlap_that_is_none': after(lambda: message(OVERLAP, struct.pack('<IIQQ', 0, 0, 2000, 2000))),
    'marks_unasked': after(lambda: mark(2, 1)),
    'marks_out_of_order': after(lambda: mark(20, 9), lambda: mark(10, 4)),
    'marks_too_many': after(lambda: mark(2, 1), lambda: message(END, b'\0' * 8 * COUNTERS)),
    'marks_with_values': after(lambda: message(FLOWS, record(2, 1, b'\0\0', 1 << 31 | 26))),
    'wrong_account': after(lambda: ports((2, 1)), lambda: message(END, b'\0' * 8 * COUNTERS)),
    'unknown_failure': after(lambda: message(FAILURE, failure(99, 99, b'\xff\xfe' * 512))),
    'text_not_utf8': after(lambda: message(FLOWS, record(2, 1, struct.pack('<H', 3) + b'\xc3\x28\xff'))),
    'text_with_nul': after(lambda: message(FLOWS, record(2, 1, struct.pack('<H', 3) + b'a\0b'))),
    'text_too_long': after(lambda: message(FLOWS, record(2, 1, struct.pack('<H', 9999) + b'a'))),
    'udps_not_json': leaves(b'{"a":'),
    'udps_not_utf8': leaves(b'{"a":"\xc3\x28"}'),
    'udps_with_nul': leaves(b'{"a":"\0"}'),
    'udps_with_escaped_nul': leaves(b'{"a":"\\u0000"}'),
    'udps_with_surrogate': leaves(b'{"a":"\\ud800"}'),
    'udps_too_deep': leaves(b'{"a":' + b'[' * 64 + b']' * 64 + b'}'),
    'udps_long_number': leaves(b'{"a":' + b'1' * 1001 + b'}'),
    'udps_great_exponent': leaves(b'{"a":1e1000}'),
    'udps_too_long': leaves(b'{"a":"' + b'x' * (1 << 20) + b'"}'),
    'udps_longer_than_its_message': after(lambda: message(FLOWS, record(2, 1, struct.pack('<I', 1 << 19) + b'{}'))),
    'no_such_file': after(lambda: message(FLOWS, record(2, 1, b'', file=struct.pack('<I', 99)))),
    'endless': endless,
    'silence': after(),
    'trickle': trickle,
    'SIGSEGV': lambda: ends_by(signal.SIGSEGV),
    'SIGKILL': lambda: ends_by(signal.SIGKILL),
    'SIGTERM': lambda: ends_by(signal.SIGTERM),
    'SIGSTOP': lambda: ends_by(signal.SIGSTOP),
    'exit_0': lambda: (hello(), ports((2, 1), (4, 2)), os._exit(0)),
    'exit_3_at_once': lambda: os._exit(3),
    'forks': forks,
    'lies_about_its_progress': lies_about_its_progress,
    'shrinks_its_page': shrinks_its_page,
}

def moves():
    """Says where it is, and nothing else."""
    hello()
    packet = 0
    while True:
        packet += 1
        os.pwrite(3, struct.pack('<QQQ', packet % 2, packet, 2 ** 64 - 1), 0)


# What does not end.
ENDLESS = {
    'moves': moves,
    'does_not_read': again_and_again(lambda n: message(NEXT_FILE, struct.pack('<I', n)) if n < 5000 else time.sleep(1)),
    'damage_of_new_files': again_and_again(lambda n: message(DAMAGE, failure(8, n & 0xffffffff, packet=1))),
    'damage_of_one_file': again_and_again(lambda n: message(DAMAGE, failure(8, 0, packet=1))),
    'damage_of_the_last_file': again_and_again(lambda n: message(DAMAGE, failure(8, 0xffffffff, packet=2 ** 64 - 1))),
    'damage_of_no_file': again_and_again(lambda n: message(DAMAGE, failure(0xffffffff, 0x80000000))),
    'damage_backwards': again_and_again(lambda n: message(DAMAGE, failure(8, 1 - n % 2, packet=1))),
    'places': again_and_again(lambda n: place(n + 1)),
    'wide_places': again_and_again(lambda n: place(n + 1, *(2 ** 64 - 1,) * 3)),
    'places_from_0': again_and_again(place),
    'places_at_the_end': again_and_again(lambda n: place(2 ** 64 - 1)),
    'flows': endless,
    'flows_of_one_place': again_and_again(lambda n: ports((2, 1))),
    'low_flows': again_and_again(extremes(0)),
    'high_flows': again_and_again(extremes(255)),
    'hellos': again_and_again(lambda n: hello()),
    'questions_for_files': again_and_again(lambda n: message(NEXT_FILE, struct.pack('<I', n & 0xffffffff))),
    'question_for_the_last_file': again_and_again(lambda n: message(NEXT_FILE, struct.pack('<I', 0xffffffff))),
    'applications': again_and_again(lambda n: message(APPLICATION, struct.pack('<I64s64s', n & 0xffffffff, b'\xff' * 64, b'x' * 64))),
    'overlaps': again_and_again(lambda n: message(OVERLAP, struct.pack('<IIQQ', n % 2, 0, 1000, 2000))),
    'takes_together': again_and_again(lambda n: message(TAKE_FILE, b'\0' * 4)),
    'takes': again_and_again(lambda n: message(TAKE_FILE, b'\0' * 4)),
    'takes_and_ends': again_and_again(lambda n: message(TAKE_FILE, b'\0' * 4) if n % 2 == 0 else message(FILE_END, b'\xff' * 8)),
    'ends_of_no_file': again_and_again(lambda n: message(FILE_END, b'\xff' * 8)),
    'flows_of_no_file': endless,
    'orders_together': again_and_again(lambda n: message(ORDER, struct.pack('<II', 0, 1))),
    'orders': again_and_again(lambda n: message(ORDER, struct.pack('<II', 0, 1))),
    'orders_that_are_none': again_and_again(lambda n: message(ORDER, struct.pack('<II', 1, 1))),
    'orders_of_others': again_and_again(lambda n: message(ORDER, b'\xff' * 4096)),
    'end_and_go_on': end_and_go_on,
    'failures': again_and_again(lambda n: message(FAILURE, failure(n & 0xffffffff, n & 0xffffffff, b'\xc3\x28\x1b[2J\n' * 128,
                                                                   2 ** 64 - 1, 2 ** 64 - 1))),
    'bytes': lambda: (hello(), [send(b'\xff' * 65536) for _ in iter(int, 1)]),
    'a_long_message': lambda: (hello(), send(struct.pack('<II', FLOWS, 4 << 20)), [send(b'\xff' * 65536) for _ in iter(int, 1)]),
}



def beside(deed):
    """Does something to the capture `changed.pcap` beside the program, and then asks for it."""
    directory = os.path.dirname(sys.argv[0])
    deed(os.path.join(directory, 'changed.pcap'))
    message(NEXT_FILE, struct.pack('<I', 0))
    sleep_for_ever()


def replace(path):
    with open(path, 'rb') as old, open(path + '.new', 'wb') as new:
        new.write(old.read())
    os.rename(path + '.new', path)


# What plugins might leave, as a meter without plugins says it.
LEFT = {
    'left_scalars': leaves(b'{"i":-7,"b":9007199254740993,"n":12.50,"f":1e-3,"t":"a\\"b\\n","yes":true,"ip":"2001:db8::1","when":"2026-01-02T03:04:05Z",'
                           b'"bytes":"\\\\x00ff","nan":"NaN","none":null}', b'{}', b'{"none":1,"i":"8"}'),
    'left_lists': leaves(b'{"e":[],"l":[1,null,-3],"m":[[1,2],[3,4]],"t":["a,b","\\"",null,1.5,true,{"x":[1]}],"f":[0.5,"NaN",1e3]}',
                         b'{"l":"{4,5}","t":[],"m":[[],[]],"f":null}'),
    'left_odd': leaves(b'{"a":1,"a":2}', b' { "a" : [ 1 , { "a" : 3 } ] , "b" : "}" } ', b'[]', b'3', b'"a"', b'null',
                       b'{"\\n\xc2\xa7":"x","":1,"a":"\xf0\x9f\x98\x80"}'),
    'left_long': leaves(*(b'{"a":"' + b'\xc2\xa7' * ((1 << 19) - 4 - n) + b'"}' for n in range(8))),
    'left_many': leaves(b'{' + b','.join(b'"n%d":%d' % (n, n) for n in range(50000)) + b'}'),
    'left_numbers': leaves(b'{"a":[0,-0,7,-7,999999999999999999,-99999999999999999,1000000000000000000,-999999999999999999,'
                           b'9223372036854775807,-9223372036854775808,9223372036854775808,0.0,-0.0,1.50,-1e0,1E+3,1e-3,12e300,'
                           + b'1' * 1000 + b'],"b":{"\\u0001\\t\\"":true,"c":[[],{},[{}],[[null,false]],{"d":{"e":-3}}],"c":8,"\\/":"\\/\\\\"}}',
                           b'{"a":' + b'[' * 63 + b']' * 63 + b'}', b'{"a":' + b'{"b":' * 62 + b'1' + b'}' * 63,
                           b'-12', b'1e2', b'false', b'"\\b\\u001f"'),
    'left_fractions': leaves(b'{"a":4.0}'),
    'left_texts': leaves(b'{"a":"' + b'x' * 1000 + b'"}'),
    'left_ragged': leaves(b'{"a":[[1,2],[3]]}'),
    'left_mixed': leaves(b'{"a":[1,[2]]}'),
    'left_deep': leaves(b'{"a":[[[[[[[1]]]]]]]}'),
    'left_objects': leaves(b'{"a":{"b":1}}'),
}

def captures():
    """As a meter of an interface: flows of a table whose only column is src_port, whose packets are wanted beside it."""
    hello()
    message(READY, struct.pack('<I', 0))
    read(12)
    place(1)
    for number in range(2, 10):
        message(FLOWS, record(2 * number, number, struct.pack('<HQ', 443, 1)))
    sleep_for_ever()


def knows_nothing():
    """Places of a kernel that does not count, and more ignored packets than were read."""
    while True:
        place(9, 4, 100, 1, 7, 2 ** 64 - 1, 2 ** 64 - 1, 0)
        time.sleep(0.1)


# What each message of the table of messages needs besides.
SAID = {
    'captures': captures,
    'says_nothing_of_an_interface': after(number(READY)),
    'knows_nothing_of_an_interface': after(number(READY), knows_nothing),
    'interface_not_allowed': after(lambda: message(FAILURE, failure(20))),
    'interface_down': after(lambda: message(FAILURE, failure(22))),
    'interface_gone': after(lambda: message(READY, struct.pack('<I', 0)), lambda: place(1), lambda: message(FAILURE, failure(23))),
    'interface_not_opened': after(lambda: message(FAILURE, failure(24, text=b'it is no interface that packets can be captured from'))),
    'killed_in_an_interface': after(lambda: os.pwrite(3, struct.pack('<QQQ', 0, 7, 4711), 0), lambda: os.kill(os.getpid(), signal.SIGSEGV)),
    'replaces_its_capture': lambda: (hello(), beside(replace)),
    'shortens_its_capture': lambda: (hello(), beside(lambda path: os.truncate(path, 100))),
    'not_loaded': lambda: os._exit(127),
    'takes_a_file': after(lambda: message(TAKE_FILE, struct.pack('<I', 0))),
    'takes_two_files': after(lambda: [message(TAKE_FILE, struct.pack('<I', 0)) for time in range(2)]),
    'ends_no_file': after(lambda: message(FILE_END, struct.pack('<Q', 0))),
    'flows_of_no_file': after(lambda: message(TAKE_FILE, struct.pack('<I', 0)), lambda: message(FILE_END, struct.pack('<Q', 0)),
                              lambda: ports((2, 1))),
    'order_of_its_own': after(lambda: message(ORDER, struct.pack('<I', 0))),
    'order_that_is_none': after(lambda: message(ORDER, struct.pack('<II', 1, 1))),
    'damage_of_no_file': after(lambda: message(DAMAGE, failure(10, 7, packet=1))),
    'application_in_a_scan': after(lambda: message(APPLICATION, struct.pack('<I64s64s', 1, b'x', b'x'))),
    'not_locked_in': after(lambda: message(FAILURE, failure(2, text=b'system calls'))),
    'out_of_memory': after(lambda: message(FAILURE, failure(1, text=b'out of memory'))),
    'cannot_read': after(lambda: message(FAILURE, failure(6, 0, text=b'Input/output error'))),
    'killed_in_a_capture': lambda: (hello(), message(NEXT_FILE, struct.pack('<I', 0)), read(8), os.kill(os.getpid(), signal.SIGKILL)),
    'killed_at_a_packet': lambda: (hello(), message(NEXT_FILE, struct.pack('<I', 0)), read(8),
                                   os.pwrite(3, struct.pack('<QQQ', 0, 7, 4711), 0), os.kill(os.getpid(), signal.SIGSEGV)),
}

if __name__ == '__main__':
    read(struct.unpack('<II', read(8))[1])
    {**DEEDS, **ENDLESS, **LEFT, **SAID, 'lingers': lingers}[sys.argv[0].rpartition('.')[2]]()
