#!/usr/bin/env python3
"""Live capture, on a pair of virtual interfaces between two network namespaces: what others read meanwhile, limits,
signals, SIGKILL, folders that dumpcap and tcpdump fill. Needs root on Linux, and tcpdump; else its tests are skipped.
"""
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import tap

HERE, THERE = "pcapdex-%d-a" % os.getpid(), "pcapdex-%d-b" % os.getpid()
SECONDS_VISIBLE = 2.0 if not tap.SANITIZED else 6.0
STOP_SECONDS = 30


# ---- the network ----------------------------------------------------------------------------------------------------

def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise tap.Skip("%s: %s" % (" ".join(words), done.stdout.strip()))


class Network:
    """Two namespaces, joined by veth0 in each: 10.9.0.1 here, 10.9.0.2 there, without IPv6, which talks unasked."""

    def __enter__(self):
        if os.name != "posix" or os.geteuid() != 0 or not shutil.which("ip"):
            raise tap.Skip("needs root and ip(8)")
        try:
            self.join()
        except BaseException:
            self.__exit__()
            raise
        return self

    @staticmethod
    def join():
        for name in (HERE, THERE):
            run("ip", "netns", "add", name)
            for scope in ("all", "default"):
                run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.%s.disable_ipv6=1" % scope)
        run("ip", "link", "add", "veth0", "netns", HERE, "type", "veth", "peer", "name", "veth0", "netns", THERE)
        for name, number in ((HERE, 1), (THERE, 2)):
            run("ip", "-n", name, "addr", "add", "10.9.0.%d/24" % number, "dev", "veth0")
            run("ip", "-n", name, "link", "set", "lo", "up")
            run("ip", "-n", name, "link", "set", "veth0", "up")
        inside(HERE, "ping", "-q", "-c", "1", "-W", "2", "10.9.0.2")  # both know each other's MAC address now

    def __exit__(self, *_):
        for name in (HERE, THERE):
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)


def inside(name, *words):
    return subprocess.run(["ip", "netns", "exec", name, *words], stdout=subprocess.DEVNULL, check=True)


def spawn_inside(name, *words, **options):
    return subprocess.Popen(["ip", "netns", "exec", name, *map(str, words)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **options)


def pings(count, interval=0.002, size=56):
    inside(HERE, "ping", "-q", "-c", str(count), "-i", str(interval), "-s", str(size), "10.9.0.2")


# One connection: the client sends `size` bytes in turns of 1,000 and gets one back for each.
TALK = r"""
import socket, sys, threading, time
role, size, pause = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
if role == "server":
    listener = socket.create_server(("10.9.0.2", 7000))
    while True:
        peer = listener.accept()[0]
        while peer.recv(1000, socket.MSG_WAITALL):
            peer.sendall(b".")
        peer.close()
else:
    peer = socket.create_connection(("10.9.0.2", 7000))
    for _ in range(size // 1000):
        peer.sendall(bytes(1000))
        peer.recv(1)
        time.sleep(pause)
    peer.close()
"""


class Server:
    def __enter__(self):
        self.process = spawn_inside(THERE, sys.executable, "-c", TALK, "server", 0, 0)
        for _ in range(100):
            probe = subprocess.run(["ip", "netns", "exec", THERE, "ss", "-ltn"], stdout=subprocess.PIPE, text=True,
                                   check=False)
            if ":7000" in probe.stdout:
                return self
            time.sleep(0.05)
        raise AssertionError("the server does not listen")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def talk(size, pause=0.0):
    inside(HERE, sys.executable, "-c", TALK, "client", str(size), str(pause))


# ---- the capture ----------------------------------------------------------------------------------------------------

def wait_until(condition, what, seconds=STOP_SECONDS):
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            raise AssertionError("%s: not after %.1f s" % (what, seconds))
        time.sleep(0.02)
    return time.monotonic() - begun


def query(case, sql):
    done = tap.pcapdex("query", case, sql, "--format", "tsv")
    if done.returncode:
        return None
    return [line.split("\t") for line in done.stdout.splitlines()[1:]]


def number(case, sql):
    rows = query(case, sql)
    return int(rows[0][0]) if rows and rows[0][0] else 0


class Capture:
    """pcapdex ingest, from when it captures."""

    def __init__(self, *words, case="case.db", name=HERE, ready=True):
        self.case = case
        self.process = spawn_inside(name, tap.PROGRAM, "ingest", "-o", case, *words)
        if ready:
            wait_until(lambda: os.path.exists(case) or self.process.poll() is not None, "the case")
            time.sleep(0.2)

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        return self.end()

    def end(self):
        _, error = self.process.communicate(timeout=STOP_SECONDS)
        return self.process.returncode, error


def check_whole(case, in_one_file=True):
    """Every row is there, and agrees with the others."""
    if in_one_file:
        tap.equal([n for n in os.listdir(".") if n.startswith(case + "-")], [], "files beside the case")
    db = sqlite3.connect(case)
    tap.equal(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)], "integrity")
    tap.equal(db.execute("PRAGMA foreign_key_check").fetchall(), [], "foreign keys")
    (packets, rows, numbers, buckets, indexed, flow_packets, file_packets) = db.execute(
        "SELECT (SELECT sum(packets) FROM captures), count(*), count(DISTINCT capture_id || ' ' || number),"
        " (SELECT total(packets) FROM time_buckets), (SELECT count(*) FROM flow_packets),"
        " (SELECT total(src_packets + dst_packets) FROM flows), (SELECT sum(packets) FROM capture_files) FROM packets"
    ).fetchone()
    tap.equal((rows, numbers, buckets, indexed, flow_packets, file_packets), (packets,) * 6, "packets of each table")
    tap.equal(db.execute("SELECT count(*) FROM flows f WHERE src_packets + dst_packets <> "
                         "(SELECT count(*) FROM flow_packets p WHERE p.flow_id = f.flow_id)").fetchone(), (0,), "flows")
    tap.equal(db.execute("SELECT count(*) FROM hosts h WHERE packets_sent <> (SELECT coalesce(sum(CASE h.address WHEN "
                         "src THEN src_packets ELSE 0 END + CASE h.address WHEN dst THEN dst_packets ELSE 0 END), 0) "
                         "FROM flows f WHERE f.capture_id = h.capture_id)").fetchone(), (0,), "hosts")
    tap.equal(db.execute("SELECT count(*) FROM hosts GROUP BY capture_id, address HAVING count(*) > 1").fetchall(), [],
              "hosts that are there twice")
    db.close()
    return packets


def same_as_at_once(case, files, *columns):
    """The flows of the case are those of an ordinary ingest of the files."""
    tap.equal(tap.pcapdex("ingest", "-q", "-o", "at-once.db", "--capture", "x", *files).returncode, 0)
    sql = "SELECT %s FROM flows ORDER BY first_ts_ns, src" % ", ".join(columns)
    tap.equal(query(case, sql), query("at-once.db", sql), "flows")
    os.remove("at-once.db")


COLUMNS = ("protocol", "src", "src_port", "dst_port", "first_ts_ns", "last_ts_ns", "src_packets", "dst_packets",
           "src_bytes", "dst_bytes", "status", "state", "history", "syn_rtt_ns", "src_rtt_count", "dst_rtt_mean_ns")


# ---- tests of -i ----------------------------------------------------------------------------------------------------

def test_visible():
    """rows are there for others while it captures, and the case is one whole file afterwards"""
    with Network(), Server():
        capture = Capture("-i", "veth0")
        for packets in (10, 30):
            pings(5 if packets == 10 else 10)
            flow = "SELECT src_packets + dst_packets FROM flows WHERE protocol = 'icmp'"
            seconds = wait_until(lambda want=packets: number("case.db", flow) >= want, "rows")
            assert seconds < SECONDS_VISIBLE, "rows took %.1f s" % seconds
            tap.equal(query("case.db", flow + " UNION ALL SELECT packets_sent FROM hosts WHERE address = '10.9.0.1'"),
                      [[str(packets)], [str(packets // 2)]], "what a flow and a host have")
        client = spawn_inside(HERE, sys.executable, "-c", TALK, "client", 100000, 0.05)
        wait_until(lambda: number("case.db", "SELECT src_packets FROM flows WHERE dst_port = 7000"), "the connection")
        tap.equal(query("case.db", "SELECT state FROM flows WHERE dst_port = 7000"), [["S1"]], "state of what is open")
        client.communicate()
        wait_until(lambda: query("case.db", "SELECT state FROM flows WHERE dst_port = 7000") == [["SF"]], "its end")
        tap.equal(query("case.db", "SELECT count(*) FROM tcp_events WHERE kind = 'established'"), [["1"]], "events")
        for report in ("captures", "hosts", "flows", "throughput", "tcp-connections"):
            tap.equal(tap.pcapdex("query", "case.db", report).returncode, 0, report)
        code, error = capture.stop()
        tap.equal(code, 0, error)
        tap.contains(error, "packets", "from veth0")
        check_whole("case.db")


def test_as_tcpdump():
    """the packets and flows are those that tcpdump captures at the same time"""
    if not shutil.which("tcpdump"):
        raise tap.Skip("tcpdump is not installed")
    with Network(), Server():
        dump = spawn_inside(HERE, "tcpdump", "-i", "veth0", "-w", "dump.pcap", "-U", "--time-stamp-precision=nano")
        wait_until(lambda: os.path.exists("dump.pcap"), "tcpdump")
        time.sleep(0.5)
        capture = Capture("-i", "veth0", "--capture", "x")
        pings(200)
        for _ in range(20):
            talk(20000)
        time.sleep(1.5)
        tap.equal(capture.stop()[0], 0)
        dump.send_signal(signal.SIGINT)
        dump.communicate()
        packets = check_whole("case.db")
        assert packets > 1000, packets
        columns = [c for c in COLUMNS if not c.endswith("_ns") or c == "syn_rtt_ns"]
        same_as_at_once("case.db", ["dump.pcap"], *[c for c in columns if c != "syn_rtt_ns"])
        tap.equal(query("case.db", "SELECT dropped FROM interfaces"), [["0"]], "dropped")
        assert number("case.db", "SELECT received FROM interfaces") >= packets


def test_options():
    """--direction, --filter, --snaplen, --count"""
    with Network():
        for way, sent in (("in", "10.9.0.2"), ("out", "10.9.0.1")):
            capture = Capture("-i", "veth0", "--direction", way, "--filter", "icmp", "--count", 10, case=way + ".db")
            pings(15)
            tap.equal(capture.end()[0], 0)
            tap.equal(check_whole(way + ".db"), 10, "packets")
            tap.equal(query(way + ".db", "SELECT address, packets_sent FROM hosts WHERE packets_sent > 0"),
                      [[sent, "10"]], "who sent")
            tap.equal(query(way + ".db", "SELECT filter FROM captures"), [["icmp"]], "filter")
        capture = Capture("-i", "veth0", "--snaplen", 60, "--promiscuous", "--timeout", "0.01", case="short.db")
        pings(5, size=1000)
        time.sleep(1)
        tap.equal(capture.stop(signal.SIGTERM)[0], 0, "SIGTERM")
        tap.equal(query("short.db", "SELECT max(captured_len), max(wire_len) FROM packets"), [["60", "1042"]], "snaplen")
        tap.equal(query("short.db", "SELECT snaplen, ts_units FROM interfaces"), [["60", "1000000000"]], "interface")


def test_limits():
    """--duration and --size end it"""
    with Network(), Server():
        begun = time.monotonic()
        capture = Capture("-i", "veth0", "--duration", "1.5", case="a.db")
        tap.equal(capture.end()[0], 0)
        seconds = time.monotonic() - begun
        assert 1.4 < seconds < 1.5 + SECONDS_VISIBLE, seconds
        tap.equal(check_whole("a.db") or 0, 0, "packets of a quiet network")
        capture = Capture("-i", "veth0", "--size", "2M", case="b.db")
        sender = spawn_inside(HERE, sys.executable, "-c", TALK, "client", 10**9, 0)
        tap.equal(capture.end()[0], 0)
        sender.kill()
        sender.communicate()
        size = os.path.getsize("b.db")
        assert size >= 2000000, size
        assert check_whole("b.db") > 1000


def test_second():
    """a case gets a second capture; a plain ingest of the case at that time says why not"""
    with Network():
        for packets, name in ((10, "veth0"), (20, "veth0-2")):
            capture = Capture("-i", "veth0", "--filter", "icmp", "--count", packets)
            if packets == 20:
                time.sleep(1)
                shutil.copy(os.path.join(tap.ROOT, "examples", "web-client.pcapng"), ".")
                done = tap.pcapdex("ingest", "-o", "case.db", "web-client.pcapng")
                tap.equal(done.returncode, 3)
                tap.contains(done.stderr, "another program is writing it")
            pings(packets)
            tap.equal(capture.end()[0], 0)
            tap.equal(query("case.db", "SELECT name, packets FROM captures ORDER BY capture_id DESC LIMIT 1"),
                      [[name, str(packets)]])
        check_whole("case.db")


def test_killed():
    """after SIGKILL the case holds what was saved, and can be added to"""
    with Network(), Server():
        for moment in range(4):
            if os.path.exists("case.db"):
                os.remove("case.db")
            capture = Capture("-i", "veth0")
            sender = spawn_inside(HERE, sys.executable, "-c", TALK, "client", 10**9, 0)
            wait_until(lambda: number("case.db", "SELECT count(*) FROM packets") > 0, "rows")
            time.sleep(0.33 * moment)
            seen = number("case.db", "SELECT count(*) FROM packets")
            capture.process.kill()
            capture.end()
            sender.kill()
            sender.communicate()
            found = number("case.db", "SELECT count(*) FROM packets")
            assert found >= seen, "%d packets, there were %d" % (found, seen)
            tap.equal(check_whole("case.db", in_one_file=False), found)
            capture = Capture("-i", "veth0", "--count", 4, ready=False)
            wait_until(lambda: capture.process.poll() is not None or pings(1), "four packets")
            tap.equal(capture.end()[0], 0)
            tap.equal(check_whole("case.db"), found + 4)


def test_interface_goes():
    """an interface that goes away ends it with a word, and a whole case"""
    with Network():
        capture = Capture("-i", "veth0")
        pings(5)
        time.sleep(0.5)
        run("ip", "-n", THERE, "link", "del", "veth0")
        code, error = capture.end()
        tap.equal(code, 1, error)
        tap.contains(error, "capturing ended")
        assert check_whole("case.db") >= 10


def test_messages():
    """what it says of interfaces and options that cannot be"""
    for words, code, part in ((("-i", "nosuch0"), 3, "nosuch0: there is no such interface"),
                              (("-i", "lo", "file"), 2, "read no other files"),
                              (("-i", "lo", "--ring", "."), 2, "either -i or --ring"),
                              (("--direction", "in", "x.pcap"), 2, "are for -i"),
                              (("--duration", "1", "x.pcap"), 2, "are for -i and --ring"),
                              (("-i", "lo", "--snaplen", "0"), 2, "--snaplen wants"),
                              (("-i", "lo", "--size", "5X"), 2, "bytes such as 500M"),
                              (("-i", "lo", "--filter", "tcp prot 5"), 2, "--filter 'tcp prot 5'"),
                              (("--ring", "missing"), 3, "missing: there is no such folder; check the path")):
        done = tap.pcapdex("ingest", *words)
        tap.equal(done.returncode, code, " ".join(words))
        tap.contains(done.stderr, part)
    tap.equal(os.listdir("."), [], "files")
    if os.geteuid() == 0:
        done = tap.pcapdex("ingest", "-i", "lo", "--filter", "wlan type mgt")
        tap.equal(done.returncode, 3)
        tap.contains(done.stderr, "lo: --filter 'wlan type mgt'")
        tap.equal(os.listdir("."), [], "files")


def test_not_allowed():
    """without the right to capture it says how to get it"""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        raise tap.Skip("needs root and setpriv(1)")
    done = subprocess.run(["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", tap.PROGRAM, "ingest", "-i",
                           "lo"], stderr=subprocess.PIPE, text=True, check=False)
    tap.equal(done.returncode, 3, done.stderr)
    tap.contains(done.stderr, "lo: no permission to capture", "sudo", "setcap")


# ---- tests of --ring ------------------------------------------------------------------------------------------------

def count_of(path):
    """Packets of a capture file, as pcapdex reads it."""
    tap.equal(tap.pcapdex("ingest", "-q", "-o", "count.db", path).returncode, 0, path)
    packets = number("count.db", "SELECT count(*) FROM packets")
    os.remove("count.db")
    return packets


def in_case(case="case.db"):
    return number(case, "SELECT count(*) FROM packets")


def make_ring():
    """The folder ring, in which tcpdump may write as the user that it becomes. With -Z root, that of Ubuntu 24.04 crashes
    (Launchpad, bug 2071891)."""
    os.mkdir("ring")
    for folder in (".", "ring"):
        os.chmod(folder, 0o777)


def follow_ring(program, *words):
    """Follows what a program writes, with restarts; the flows are those of all files at once."""
    if not shutil.which(program):
        raise tap.Skip(program + " is not installed")
    with Network(), Server():
        make_ring()
        writer = spawn_inside(HERE, program, *words)
        wait_until(lambda: os.listdir("ring"), "the first file")
        capture = Capture("--ring", "ring")
        for _ in range(10):
            talk(300000)
        client = spawn_inside(HERE, sys.executable, "-c", TALK, "client", 300000, 0.01)  # runs on across files
        wait_until(lambda: number("case.db", "SELECT src_packets FROM flows WHERE src_packets > 100"), "rows of a flow")
        client.communicate()
        time.sleep(1)
        writer.send_signal(signal.SIGINT)
        writer.communicate()
        files = sorted(os.path.join("ring", name) for name in os.listdir("ring"))
        assert len(files) >= 3, files
        total = sum(map(count_of, files))
        wait_until(lambda: in_case() >= total, "all rows")
        code, error = capture.stop()
        tap.equal(code, 0, error)
        tap.equal(check_whole("case.db"), total, "packets")
        tap.equal(query("case.db", "SELECT count(*), (SELECT count(*) FROM capture_files) FROM captures"),
                  [["1", str(len(files))]], "captures and files")
        same_as_at_once("case.db", files, *COLUMNS)
        capture = Capture("--ring", "ring", "--duration", "2")
        tap.equal(capture.end()[0], 0)
        tap.equal(check_whole("case.db"), total, "packets after a restart")


def test_ring_tcpdump():
    """a folder that tcpdump -C fills: one capture, flows across files, nothing twice after a restart"""
    follow_ring("tcpdump", "-i", "veth0", "-U", "-C", "1", "-W", "20", "--time-stamp-precision=nano",
                "-w", "ring/x.pcap")


def test_ring_dumpcap():
    """the same of dumpcap -b"""
    follow_ring("dumpcap", "-q", "-i", "veth0", "-b", "filesize:300", "-w", "ring/x.pcapng")


def test_ring_names_again():
    """tcpdump -W uses names again: each file is taken, also when its name was another one's before"""
    if not shutil.which("tcpdump"):
        raise tap.Skip("tcpdump is not installed")
    with Network(), Server():
        make_ring()
        writer = spawn_inside(HERE, "tcpdump", "-i", "veth0", "-U", "-C", "1", "-W", "2", "-w", "ring/x.pcap")
        wait_until(lambda: os.listdir("ring"), "the first file")
        time.sleep(0.5)
        capture = Capture("--ring", "ring")
        for _ in range(30):
            talk(100000)
            time.sleep(0.1)
        time.sleep(1.5)
        writer.send_signal(signal.SIGINT)
        captured = int(writer.communicate()[1].split(" packets captured")[0].split()[-1])
        wait_until(lambda: in_case() >= captured, "all rows")
        tap.equal(capture.stop()[0], 0)
        tap.equal(check_whole("case.db"), captured, "packets")
        files = number("case.db", "SELECT count(*) FROM capture_files")
        assert files > 2, files


def copy_part(source, to, bytes_wanted):
    """Copies the first bytes of a pcap, and returns how many whole packets they hold."""
    with open(source, "rb") as file, open(to, "wb") as part:
        data = file.read(bytes_wanted)
        part.write(data)
    at, whole = 24, 0
    while at + 16 <= len(data):
        at += 16 + int.from_bytes(data[at + 8:at + 12], "little")
        whole += at <= len(data)
    return whole


def test_ring_killed():
    """killed in the middle of a file, it goes on behind the last packet that was saved"""
    import packets  # pylint: disable=import-outside-toplevel
    packets.many("whole-a.pcap", 3000, 20)
    packets.many("whole-b.pcap", 2000, 20, start_s=1_700_001_000)
    os.mkdir("ring")
    size = os.path.getsize("whole-a.pcap")
    for part in (0.3, 0.61):
        whole = copy_part("whole-a.pcap", "new", int(size * part))
        os.replace("new", "ring/a.pcap")
        process = subprocess.Popen([tap.PROGRAM, "ingest", "-q", "-o", "case.db", "--ring", "ring"])
        wait_until(lambda: in_case() == whole, "rows")  # pylint: disable=cell-var-from-loop
        time.sleep(0.2)
        process.kill()
        process.wait()
        found = in_case()
        assert found < 3000, found
    shutil.copy("whole-a.pcap", "ring/a.pcap")
    shutil.copy("whole-b.pcap", "ring/b.pcap")
    with open("ring/notes.txt", "w", encoding="utf-8") as file:
        file.write("not a capture, and not in the way\n" * 10)
    done = tap.pcapdex("ingest", "-o", "case.db", "--ring", "ring", "--duration", "2")
    tap.equal(done.returncode, 0, done.stderr)
    tap.equal(check_whole("case.db"), 5000)
    tap.equal(query("case.db", "SELECT name, packets FROM captures"), [["ring", "5000"]])
    tap.equal(query("case.db", "SELECT packets FROM capture_files ORDER BY path"), [["3000"], ["2000"]])
    done = tap.pcapdex("ingest", "-o", "case.db", "ring/b.pcap")
    tap.contains(done.stderr, "already in the case")


if __name__ == "__main__":
    sys.exit(tap.main(sys.modules[__name__]))
