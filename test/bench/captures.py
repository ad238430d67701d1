"""The captures of the bench, made once and kept in build/bench."""
import glob
import os
import shlex
import shutil
import struct
import subprocess

from contest import BUILD, SHARED, TREE, output

# ----------------------------------------------------------------------------------------------------------- a SYN scan
HEADER = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
ETHERNET = bytes.fromhex('020000000002' '020000000001' '0800')
IPV4 = struct.pack('>BBHHHBBH', 0x45, 0, 40, 0, 0, 64, 6, 0)
LENGTH = 14 + 20 + 20


# Who talks with whom in flow number n: addresses of a client and of a server. Each pair has up to 262144 flows.
PEERS = {
    # 10.0.0.0 and up, each with 1024 flows to one of 192.0.2.0 to 192.0.2.3
    'many': lambda number: (0x0a000000 + (number >> 10), 0xc0000200 + (number & 3)),
    # 10.0.0.1 with each of 10,000 from 198.18.0.0 on
    'one client': lambda number: (0x0a000001, 0xc6120000 + number % 10000),
    # each of 10,000 from 198.18.0.0 on with 192.0.2.1, the lower address
    'one server': lambda number: (0xc6120000 + number % 10000, 0xc0000201),
}


def frames(flows, per_second, peers):
    for number in range(flows):
        addresses = struct.pack('>II', *PEERS[peers](number))
        tcp = struct.pack('>HHIIBBHHH', 40000 + (number & 255), 1 + (number >> 8 if peers != 'many' else number) % 1024, number, 0, 0x50, 2, 1024, 0, 0)
        record = struct.pack('<IIII', 1700000000 + number // per_second, number % per_second * (1000000 // per_second),
                             LENGTH, LENGTH)
        yield record + ETHERNET + IPV4 + addresses + tcp


def made(name, make):
    """The path of a capture of that name, which make(path) writes if it is not there yet."""
    path = os.path.join(BUILD, name)
    if not os.path.exists(path):
        print('Making %s ...' % path, flush=True)
        make(path + '.part')
        os.rename(path + '.part', path)
    return path


def scan_of_ports(flows, per_second, peers='many'):
    """A capture in which every packet is a flow of its own: `flows` of them, at this rate, between these peers."""
    def make(path):
        with open(path, 'wb', buffering=1 << 20) as file:
            file.write(HEADER)
            file.writelines(frames(flows, per_second, peers))

    return made('scan_%d_%d_%s.pcap' % (flows, per_second, peers.replace(' ', '_')), make)


# ------------------------------------------------------------------------------------------------------------- real ones
def compiled(name, for_compiler, for_linker):
    """A program of the shared directory, compiled; None where it is not there."""
    source, program = os.path.join(SHARED, 'tools', name + '.c'), os.path.join(BUILD, name)
    if not os.path.exists(source):
        return None
    compiler = shlex.split(os.environ.get('CC') or 'cc')
    subprocess.run([*compiler, '-O2', '-w', *for_compiler, '-o', program, source, *for_linker], check=True)
    return program


def copies(count):
    """The shared directory's captures laid over each other `count` times; without that directory the project's own, joined."""
    shared = sorted(glob.glob(os.path.join(SHARED, 'data', 'pcaps', '*.pcap')))
    mkbig = compiled('mkbig', [], ['-lpcap'])

    def lay(path):
        subprocess.run([mkbig, path, str(count), *shared], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def join(path):
        own = sorted(glob.glob(os.path.join(TREE, 'test', 'pcaps', '*.pcap')))
        subprocess.run(['mergecap', '-F', 'pcap', '-w', path, *filter(is_ethernet, own)], check=True)

    return made('big_%d.pcap' % count, lay) if mkbig and shared else made('own.pcap', join)


def compressed(path):
    """The same capture, compressed with zstd and with gzip: by the programs' names."""
    def by(program, ending):
        def make(to):
            with open(to, 'wb') as file:
                subprocess.run([program, '-q', '-c', path], check=True, stdout=file)
        return made(os.path.basename(path) + ending, make)

    return {'zstd': by('zstd', '.zst'), 'gzip': by('gzip', '.gz')}


def in_directory(name, fill):
    """A glob of the captures that fill(directory) makes, if they are not there yet."""
    def make(path):
        os.mkdir(path)
        fill(path)

    return os.path.join(made(name, make), '*.pcap')


def smallest():
    """A capture of 28 packets."""
    small = os.path.join(SHARED, 'data', 'pcaps', 'google_ssl.pcap')
    return small if os.path.exists(small) else os.path.join(TREE, 'test', 'pcaps', 'ipip.pcap')


def many_small(count):
    """`count` captures of 28 packets, in files of their own."""
    small = smallest()

    def fill(directory):
        for number in range(count):
            shutil.copyfile(small, os.path.join(directory, '%05d.pcap' % number))

    return in_directory('small_%d' % count, fill)


def parts(count):
    """`count` captures of some size, all the same."""
    whole = copies(3)

    def fill(directory):
        for number in range(count):
            shutil.copyfile(whole, os.path.join(directory, '%d.pcap' % number))

    return in_directory('parts_%d' % count, fill)


def is_ethernet(path):
    return 'Ethernet' in output('capinfos', '-E', path)


def packets(path):
    return int(output('capinfos', '-c', '-M', path).split()[-1])


def into_memory(path):
    """The capture in the page cache, where every contestant finds it."""
    with open(path, 'rb') as file:
        while file.read(1 << 24):
            pass
