#!/usr/bin/python3 -IS
"""A meter that lies: what it does is the ending of the name under which it is started.

Reads its request, and then sends what no meter sends, or nothing, or ends. Messages are those of src/wire/message.h.
"""
import os
import signal
import struct
import sys
import time

HELLO, NEXT_FILE, FLOWS, PLACE, DAMAGE, FAILURE, END, OWNER_FAILURE, FILE = 3, 4, 5, 6, 7, 8, 9, 11, 2
COUNTERS = 25


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
    message(HELLO, struct.pack('<I32s64s96s', 1, b'1.0', b'4.2', b'1.10'))


def record(left, first, values, length=None):
    return struct.pack('<IQQ', 20 + len(values) if length is None else length, left, first) + values


def ports(*places):
    """Records of a table whose only column is src_port."""
    message(FLOWS, b''.join(record(left, first, struct.pack('<H', 443)) for left, first in places))


def failure(code, file=0xffffffff, text=b'x'):
    return struct.pack('<IIQQ1024s', code, file, 0, 0, text)


def sleep_for_ever():
    while True:
        time.sleep(1000)


def endless():
    hello()
    number = 1
    while True:
        ports(*((2 * place, place) for place in range(number, number + 1000)))
        number += 1000


def trickle():
    hello()
    send(struct.pack('<II', PLACE, 32))
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


def lies_about_its_position():
    os.pwrite(3, struct.pack('<QQQ', 2 ** 64 - 1, 2 ** 64 - 1, 2 ** 64 - 1), 0)
    ends_by(signal.SIGSEGV)


def shrinks_its_page():
    try:
        os.ftruncate(3, 0)
    except OSError:
        ends_by(signal.SIGSEGV)


def after(*acts):
    def run():
        hello()
        for act in acts:
            act()
        sleep_for_ever()
    return run


DEEDS = {
    'garbage': lambda: (send(os.urandom(4096)), sleep_for_ever()),
    'huge': after(lambda: message(FLOWS, b'', 0xffffffff)),
    'owners_message': after(lambda: message(FILE, b'\0' * 16)),
    'workers_message': after(lambda: message(OWNER_FAILURE, b'\0' * 3076)),
    'unknown_message': after(lambda: message(77, b'')),
    'short_message': after(lambda: message(PLACE, b'\0' * 31)),
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
    'place_goes_back': after(lambda: message(PLACE, struct.pack('<QQQQ', 9, 4, 0, 0)),
                             lambda: message(PLACE, struct.pack('<QQQQ', 9, 4, 0, 0))),
    'record_behind_its_place': after(lambda: message(PLACE, struct.pack('<QQQQ', 99, 40, 0, 0)), lambda: ports((20, 9))),
    'file_out_of_turn': after(lambda: message(NEXT_FILE, struct.pack('<I', 7))),
    'file_twice': after(lambda: message(NEXT_FILE, struct.pack('<I', 0)), lambda: message(NEXT_FILE, struct.pack('<I', 0))),
    'wrong_account': after(lambda: ports((2, 1)), lambda: message(END, b'\0' * 8 * COUNTERS)),
    'unknown_failure': after(lambda: message(FAILURE, failure(99, 99, b'\xff\xfe' * 512))),
    'text_not_utf8': after(lambda: message(FLOWS, record(2, 1, struct.pack('<H', 3) + b'\xc3\x28\xff'))),
    'text_with_nul': after(lambda: message(FLOWS, record(2, 1, struct.pack('<H', 3) + b'a\0b'))),
    'text_too_long': after(lambda: message(FLOWS, record(2, 1, struct.pack('<H', 9999) + b'a'))),
    'no_such_file': after(lambda: message(FLOWS, record(2, 1, struct.pack('<I', 99)))),
    'endless': endless,
    'silence': after(),
    'trickle': trickle,
    'SIGSEGV': lambda: ends_by(signal.SIGSEGV),
    'SIGKILL': lambda: ends_by(signal.SIGKILL),
    'SIGSTOP': lambda: ends_by(signal.SIGSTOP),
    'exit_0': lambda: (hello(), ports((2, 1), (4, 2)), os._exit(0)),
    'exit_3_at_once': lambda: os._exit(3),
    'forks': forks,
    'lies_about_its_position': lies_about_its_position,
    'shrinks_its_page': shrinks_its_page,
}

if __name__ == '__main__':
    read(struct.unpack('<II', read(8))[1])
    DEEDS[sys.argv[0].rpartition('.')[2]]()
