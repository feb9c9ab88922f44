// A single-producer single-consumer ring of 64-byte records between two threads, of the same design as src/ring/spsc.ts:
// one cursor a side on its own 128-byte line, each side caching the other's, plain writes and one store a batch.
//
//   ring stream COUNT BATCH parks|spins    one way; prints: ns NANOSECONDS checksum INT32
//   ring echo COUNT parks|spins            there and back; prints the same, then one line "NS TRIPS" for each duration met
//   ring work COUNT                        one thread that fills records and reads them back, no ring; prints the same
//
// parks: sequentially consistent cursors, and a waiter that spins, then sleeps on a futex (what src/ring/wait.ts does).
// spins: release and acquire only, and a waiter that never sleeps: less than a thread that may park needs, and faster.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <linux/futex.h>
#include <map>
#include <memory>
#include <sched.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

constexpr int32_t kCapacity = 1 << 16;
constexpr int32_t kMask = kCapacity - 1;
constexpr int32_t kReadLimit = 1024;
/// About 10 us before a thread parks, as in src/ring/wait.ts.
constexpr int64_t kSpinNs = 10'000;
constexpr int kLooksPerClock = 256;
constexpr long kParkTimeoutNs = 20'000'000;

int64_t nowNs() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

struct alignas(64) Record {
  double word[8];
};

struct alignas(128) Line {
  std::atomic<int32_t> cursor{0};
  /// Of the thread that waits for this cursor.
  std::atomic<int32_t> parked{0};
};

struct Ring {
  Line write;
  Line read;
  std::unique_ptr<Record[]> records{new Record[kCapacity]()};
};

template <bool Parks>
constexpr std::memory_order kStore = Parks ? std::memory_order_seq_cst : std::memory_order_release;
template <bool Parks>
constexpr std::memory_order kLoad = Parks ? std::memory_order_seq_cst : std::memory_order_acquire;

long futex(std::atomic<int32_t>& word, int operation, int32_t value, const timespec* timeout) {
  return syscall(SYS_futex, reinterpret_cast<int32_t*>(&word), operation, value, timeout, nullptr, 0);
}

template <bool Parks>
void moveCursor(Line& line, int32_t to) {
  line.cursor.store(to, kStore<Parks>);
  if constexpr (Parks) {
    if (line.parked.load() != 0) {
      line.parked.store(0);
      futex(line.parked, FUTEX_WAKE_PRIVATE, 1, nullptr);
    }
  }
}

template <bool Parks>
void awaitChange(Line& line, int32_t seen) {
  const int64_t startNs = Parks ? nowNs() : 0;
  do {
    for (int i = 0; i < kLooksPerClock; i++) {
      if (line.cursor.load(kLoad<Parks>) != seen) return;
    }
  } while (!Parks || nowNs() - startNs < kSpinNs);
  line.parked.store(1);
  const timespec timeout{0, kParkTimeoutNs};
  if (line.cursor.load() == seen) futex(line.parked, FUTEX_WAIT_PRIVATE, 1, &timeout);
  line.parked.store(0);
}

template <bool Parks>
class Writer {
 public:
  Writer(Ring& ring, int32_t batch) : ring_(ring), records_(ring.records.get()), batch_(batch) {}

  Record& next() {
    if (cursor_ - published_ >= batch_) publish();
    while (cursor_ - cachedRead_ >= kCapacity) {
      publish();
      cachedRead_ = ring_.read.cursor.load(kLoad<Parks>);
      if (cursor_ - cachedRead_ >= kCapacity) awaitChange<Parks>(ring_.read, cachedRead_);
    }
    return records_[cursor_++ & kMask];
  }

  void publish() {
    if (cursor_ == published_) return;
    published_ = cursor_;
    moveCursor<Parks>(ring_.write, cursor_);
  }

 private:
  Ring& ring_;
  Record* records_;
  const int32_t batch_;
  int32_t cursor_ = 0;
  int32_t published_ = 0;
  int32_t cachedRead_ = 0;
};

/// Folds records as latency-bench/workers/records.ts does.
int32_t fold(int32_t checksum, const Record& r) {
  const double* w = r.word;
  const double sum = w[0] + w[1] + w[2] + w[3] + w[4] + w[5] + w[6] + w[7];
  return static_cast<int32_t>(static_cast<uint32_t>(checksum) * 31u + static_cast<uint32_t>(static_cast<int64_t>(sum)));
}

void fill(Record& r, int64_t i) {
  const double v = static_cast<double>(i * 8) + 0.5;
  for (int k = 0; k < 8; k++) r.word[k] = v + k;
}

template <bool Parks>
class Reader {
 public:
  explicit Reader(Ring& ring) : ring_(ring), records_(ring.records.get()) {}

  /// Waits until there is something, takes at most `limit` records and returns how many.
  int32_t take(int32_t limit) {
    while (cachedWrite_ == cursor_) {
      cachedWrite_ = ring_.write.cursor.load(kLoad<Parks>);
      if (cachedWrite_ == cursor_) awaitChange<Parks>(ring_.write, cursor_);
    }
    const int32_t available = cachedWrite_ - cursor_;
    const int32_t count = available < limit ? available : limit;
    for (int32_t i = 0; i < count; i++) checksum_ = fold(checksum_, records_[(cursor_ + i) & kMask]);
    cursor_ += count;
    moveCursor<Parks>(ring_.read, cursor_);
    return count;
  }

  int32_t checksum() const { return checksum_; }

 private:
  Ring& ring_;
  Record* records_;
  int32_t cursor_ = 0;
  int32_t cachedWrite_ = 0;
  int32_t checksum_ = 0;
};

/// Every thread has a core of its own, where the process may use two.
void pin(int index) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2) return;
  int seen = 0;
  for (int core = 0; core < CPU_SETSIZE; core++) {
    if (!CPU_ISSET(core, &allowed) || seen++ != index) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    sched_setaffinity(0, sizeof one, &one);
  }
}

class Start {
 public:
  void arrive(int index) {
    pin(index);
    waiting_.fetch_add(1);
    while (waiting_.load() < 2) std::this_thread::yield();
  }

 private:
  std::atomic<int> waiting_{0};
};

template <bool Parks>
void stream(int64_t count, int32_t batch) {
  Ring ring;
  Start start;
  int64_t startNs = 0;
  std::thread producer([&] {
    Writer<Parks> writer(ring, batch);
    start.arrive(1);
    startNs = nowNs();
    for (int64_t i = 0; i < count; i++) fill(writer.next(), i);
    writer.publish();
  });
  Reader<Parks> reader(ring);
  start.arrive(0);
  for (int64_t left = count; left > 0;) left -= reader.take(kReadLimit);
  const int64_t endNs = nowNs();
  producer.join();
  std::printf("ns %lld checksum %d\n", static_cast<long long>(endNs - startNs), reader.checksum());
}

template <bool Parks>
void echo(int64_t count) {
  Ring there;
  Ring back;
  Start start;
  std::thread other([&] {
    Reader<Parks> reader(there);
    Writer<Parks> writer(back, 1);
    start.arrive(1);
    for (int64_t i = 0; i < count; i++) {
      reader.take(1);
      fill(writer.next(), i);
      writer.publish();
    }
  });
  Writer<Parks> writer(there, 1);
  Reader<Parks> reader(back);
  std::vector<int64_t> trips(static_cast<size_t>(count));
  start.arrive(0);
  const int64_t startNs = nowNs();
  int64_t lastNs = startNs;
  for (int64_t i = 0; i < count; i++) {
    fill(writer.next(), i);
    writer.publish();
    reader.take(1);
    const int64_t now = nowNs();
    trips[static_cast<size_t>(i)] = now - lastNs;
    lastNs = now;
  }
  other.join();
  std::printf("ns %lld checksum %d\n", static_cast<long long>(lastNs - startNs), reader.checksum());
  std::map<int64_t, int64_t> durations;
  for (const int64_t trip : trips) durations[trip]++;
  for (const auto& [ns, n] : durations) std::printf("%lld %lld\n", static_cast<long long>(ns), static_cast<long long>(n));
}

/// What the records themselves cost.
void work(int64_t count) {
  constexpr int64_t kStretch = 1024;
  std::vector<Record> records(kStretch);
  int32_t checksum = 0;
  const int64_t startNs = nowNs();
  for (int64_t from = 0; from < count; from += kStretch) {
    const int64_t n = count - from < kStretch ? count - from : kStretch;
    for (int64_t i = 0; i < n; i++) fill(records[static_cast<size_t>(i)], from + i);
    for (int64_t i = 0; i < n; i++) checksum = fold(checksum, records[static_cast<size_t>(i)]);
  }
  std::printf("ns %lld checksum %d\n", static_cast<long long>(nowNs() - startNs), checksum);
}

int usage() {
  std::fprintf(stderr, "usage: ring stream COUNT BATCH parks|spins | ring echo COUNT parks|spins | ring work COUNT\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return usage();
  const int64_t count = std::atoll(argv[2]);
  if (argc == 3 && std::strcmp(argv[1], "work") == 0) {
    work(count);
    return 0;
  }
  const bool parks = std::strcmp(argv[argc - 1], "parks") == 0;
  if (argc == 5 && std::strcmp(argv[1], "stream") == 0) {
    const int32_t batch = std::atoi(argv[3]);
    if (parks) stream<true>(count, batch);
    else stream<false>(count, batch);
  } else if (argc == 4 && std::strcmp(argv[1], "echo") == 0) {
    if (parks) echo<true>(count);
    else echo<false>(count);
  } else {
    return usage();
  }
  return 0;
}
