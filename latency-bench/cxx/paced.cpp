// The C++ beside the benchmark `paced`: one thread makes an event at each intended time, applies it to order-by-order
// books and appends it to a ring; another thread takes the records from there, checksums them and writes and syncs the
// file. The events are those of latency-bench/workers/order-flow.ts, so that both must end with the same books.
//
//   paced RATE SECONDS WARM_UP_EVENTS SEED FILE
//
// Prints one line "answer EVENTS ORDERS TOUCHES", then for service and response a line of the name, the largest value and
// pairs bucket:count, in the buckets of src/core/histogram.ts with 10 bits.
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <thread>
#include <time.h>
#include <unistd.h>
#include <vector>
#if defined(__SSE4_2__)
#include <nmmintrin.h>
#endif

namespace {

double now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return double(t.tv_sec) * 1e9 + double(t.tv_nsec);
}

// sfc32, as src/core/prng.ts seeds it.
struct Prng {
  uint32_t a, b, c = 0x9e3779b9, d = 1;
  explicit Prng(uint64_t seed) : a(uint32_t(seed)), b(uint32_t(seed >> 32)) {
    for (int i = 0; i < 16; i++) u32();
  }
  uint32_t u32() {
    const uint32_t t = a + b + d;
    d++;
    a = b ^ (b >> 9);
    b = c + (c << 3);
    c = ((c << 21) | (c >> 11)) + t;
    return t;
  }
  uint32_t below(uint32_t n) { return uint32_t((uint64_t(u32()) * n) >> 32); }
};

class Histogram {
 public:
  Histogram() : buckets_((40 - kBits + 1) << kBits) {}
  void record(double ns) {
    buckets_[bucket_of(ns)]++;
    if (ns > max_) max_ = ns;
  }
  void print(const char* name) const {
    std::printf("%s %.0f", name, max_);
    for (size_t i = 0; i < buckets_.size(); i++)
      if (buckets_[i] != 0) std::printf(" %zu:%" PRIu64, i, buckets_[i]);
    std::printf("\n");
  }

 private:
  static constexpr int kBits = 10;
  size_t bucket_of(double value) const {
    if (!(value > 0)) return 0;
    const uint64_t ns = uint64_t(value);
    if (ns < (1u << kBits)) return ns;
    const int exponent = 63 - __builtin_clzll(ns);
    if (exponent >= 40) return buckets_.size() - 1;
    return (size_t(exponent - kBits + 1) << kBits) + (ns >> (exponent - kBits)) - (1u << kBits);
  }
  std::vector<uint64_t> buckets_;
  double max_ = 0;
};

struct Event {
  uint8_t kind, side;
  uint16_t instrument;
  uint32_t id, id2;
  int32_t price, lots;
  double ts;
};
enum : uint8_t { kAdd = 2, kExecute = 3, kDelete = 5, kReplace = 6 };

constexpr int kLive = 20000, kInstruments = 50;

class OrderFlow {
 public:
  explicit OrderFlow(uint64_t seed) : random_(seed), ids_(kLive), instruments_(kLive), lots_(kLive) {}
  Event one() {
    const uint32_t place = random_.below(kLive), chance = random_.below(100);
    const uint8_t side = random_.below(2) == 0 ? 1 : 2;
    const int32_t offset = 1 + int32_t(random_.below(50));
    const int32_t price = side == 1 ? 10000 - offset : 10000 + offset;
    ts_ += 1000;
    uint32_t& id = ids_[place];
    if (id == 0) {
      instruments_[place] = uint16_t(random_.below(kInstruments));
      lots_[place] = 100;
      id = ++last_id_;
      return {kAdd, side, instruments_[place], id, 0, price, 100, ts_};
    }
    Event event{kDelete, 0, instruments_[place], id, 0, 0, 0, ts_};
    if (chance < 70) {
      id = 0;
    } else if (chance < 85) {
      id = ++last_id_;
      lots_[place] = 200;
      event.kind = kReplace;
      event.id2 = id;
      event.price = price;
      event.lots = 200;
    } else {
      event.kind = kExecute;
      event.lots = 10;
      lots_[place] -= 10;
      if (lots_[place] == 0) id = 0;
    }
    return event;
  }

 private:
  Prng random_;
  std::vector<uint32_t> ids_;
  std::vector<uint16_t> instruments_;
  std::vector<int32_t> lots_;
  uint32_t last_id_ = 0;
  double ts_ = 0;
};

struct Order {
  uint32_t id = 0;  // 0: a free place
  int32_t price = 0, lots = 0;
  uint16_t instrument = 0;
  uint8_t side = 0;
};

// Open addressing with linear probing; deletion moves what follows back.
class OrderTable {
 public:
  OrderTable() : places_(kPlaces) {}
  size_t size = 0;
  Order* find(uint32_t id) {
    for (uint32_t i = home(id);; i = (i + 1) & kMask) {
      if (places_[i].id == id) return &places_[i];
      if (places_[i].id == 0) return nullptr;
    }
  }
  void add(const Order& order) {
    uint32_t i = home(order.id);
    while (places_[i].id != 0) i = (i + 1) & kMask;
    places_[i] = order;
    size++;
  }
  void erase(Order* order) {
    uint32_t hole = uint32_t(order - places_.data());
    for (uint32_t i = (hole + 1) & kMask; places_[i].id != 0; i = (i + 1) & kMask) {
      if (((i - home(places_[i].id)) & kMask) < ((i - hole) & kMask)) continue;
      places_[hole] = places_[i];
      hole = i;
    }
    places_[hole].id = 0;
    size--;
  }

 private:
  static constexpr uint32_t kPlaces = 1 << 16, kMask = kPlaces - 1;
  static uint32_t home(uint32_t id) { return (id * 2654435761u) >> 16; }
  std::vector<Order> places_;
};

// Sorted so that the touch is at the end; prices of asks are negated.
struct Level {
  int32_t key;
  int64_t lots;
};
class Side {
 public:
  void change(int32_t key, int64_t lots) {
    size_t i = levels_.size();
    while (i > 0 && levels_[i - 1].key > key) i--;
    if (i > 0 && levels_[i - 1].key == key) {
      levels_[i - 1].lots += lots;
      if (levels_[i - 1].lots == 0) levels_.erase(levels_.begin() + long(i) - 1);
    } else {
      levels_.insert(levels_.begin() + long(i), {key, lots});
    }
  }
  Level touch() const { return levels_.empty() ? Level{0, 0} : levels_.back(); }

 private:
  std::vector<Level> levels_;
};

class Books {
 public:
  Books() : sides_(kInstruments * 2) {}
  // Returns whether the touch of the event's instrument changed.
  bool apply(const Event& event) {
    const Level bid = touch(event.instrument, 1), ask = touch(event.instrument, 2);
    if (event.kind == kAdd) {
      add({event.id, event.price, event.lots, event.instrument, event.side});
    } else {
      Order* order = orders_.find(event.id);
      if (order == nullptr) std::abort();
      const Order old = *order;
      const int32_t lots = event.kind == kExecute ? event.lots : old.lots;
      change(old, -lots);
      order->lots -= lots;
      if (order->lots == 0) orders_.erase(order);
      if (event.kind == kReplace) add({event.id2, event.price, event.lots, old.instrument, old.side});
    }
    const Level bid2 = touch(event.instrument, 1), ask2 = touch(event.instrument, 2);
    return bid.key != bid2.key || bid.lots != bid2.lots || ask.key != ask2.key || ask.lots != ask2.lots;
  }
  size_t orders() const { return orders_.size; }
  Level touch(int instrument, int side) const { return sides_[size_t(instrument * 2 + side - 1)].touch(); }
  int64_t touches() const {
    int64_t sum = 0;
    for (int i = 0; i < kInstruments; i++) {
      const Level bid = touch(i, 1), ask = touch(i, 2);
      sum = (sum * 31 + bid.key * 7 + bid.lots - ask.key * 5 + ask.lots * 3) % 1000000007;
    }
    return sum;
  }

 private:
  void add(const Order& order) {
    orders_.add(order);
    change(order, order.lots);
  }
  void change(const Order& order, int64_t lots) {
    sides_[size_t(order.instrument * 2 + order.side - 1)].change(order.side == 1 ? order.price : -order.price, lots);
  }
  OrderTable orders_;
  std::vector<Side> sides_;
};

// Records of 80 bytes (an event) and 64 bytes (a touch), in a ring of one writer and one reader.
class Journal {
 public:
  Journal() : bytes_(kBytes) {}
  void append(const Event& event) {
    uint8_t* at = claim(80);
    uint64_t head[10] = {80, ++seq_, uint64_t(event.ts), uint64_t(event.kind) | uint64_t(event.instrument) << 32,
                         uint64_t(event.ts), uint64_t(event.ts), uint64_t(event.price), uint64_t(event.lots),
                         event.id, event.id2};
    std::memcpy(at, head, 80);
  }
  void touch(const Event& event, const Level& bid, const Level& ask) {
    uint8_t* at = claim(64);
    uint64_t head[8] = {64, ++seq_, uint64_t(event.ts), event.instrument, uint64_t(bid.key), uint64_t(bid.lots),
                        uint64_t(ask.key), uint64_t(ask.lots)};
    std::memcpy(at, head, 64);
  }
  // Until the other thread has taken everything.
  void settle() {
    while (read_.load(std::memory_order_acquire) < cursor_) std::this_thread::yield();
  }
  void publish() { written_.store(cursor_, std::memory_order_release); }
  void close() {
    publish();
    closed_.store(true, std::memory_order_release);
  }
  // The other thread, until the ring is closed and empty. A commit every half millisecond where there is something.
  void drain(int fd) {
    std::vector<uint8_t> group;
    uint64_t read = 0;
    double committed_ns = now_ns();
    for (;;) {
      const bool last = closed_.load(std::memory_order_acquire);
      const uint64_t written = written_.load(std::memory_order_acquire);
      while (read < written) {
        const uint8_t* from = &bytes_[read & (kBytes - 1)];
        uint64_t length;
        std::memcpy(&length, from, 8);
        if (length == 0) {  // the rest of the ring is not used
          read = (read | (kBytes - 1)) + 1;
          continue;
        }
        crc_ ^= checksum(from, length);
        group.insert(group.end(), from, from + length);
        read += length;
      }
      if (!group.empty() && (last || now_ns() - committed_ns > 500e3)) {
        if (::write(fd, group.data(), group.size()) != ssize_t(group.size()) || fdatasync(fd) != 0) std::abort();
        group.clear();
        committed_ns = now_ns();
      }
      read_.store(read, std::memory_order_release);
      if (last) return;
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
  }

 private:
  static constexpr uint64_t kBytes = 1 << 24;
  uint8_t* claim(uint64_t length) {
    const uint64_t left = kBytes - (cursor_ & (kBytes - 1));
    const uint64_t need = left < length ? left + length : length;
    while (cursor_ + need - read_.load(std::memory_order_acquire) > kBytes) {
      publish();
      std::this_thread::yield();
    }
    if (left < length) {
      std::memset(&bytes_[cursor_ & (kBytes - 1)], 0, 8);
      cursor_ += left;
    }
    uint8_t* at = &bytes_[cursor_ & (kBytes - 1)];
    cursor_ += length;
    return at;
  }
  static uint32_t checksum(const uint8_t* at, uint64_t length) {
    uint64_t crc = 0;
    for (uint64_t i = 0; i < length; i += 8) {
      uint64_t word;
      std::memcpy(&word, at + i, 8);
#if defined(__SSE4_2__)
      crc = _mm_crc32_u64(crc, word);
#else
      crc = (crc ^ word) * 0x9e3779b97f4a7c15ull;
#endif
    }
    return uint32_t(crc);
  }
  std::vector<uint8_t> bytes_;
  uint64_t cursor_ = 0, seq_ = 0;
  uint32_t crc_ = 0;
  alignas(128) std::atomic<uint64_t> written_{0};
  alignas(128) std::atomic<uint64_t> read_{0};
  alignas(128) std::atomic<bool> closed_{false};
};

class Engine {
 public:
  explicit Engine(uint64_t seed) : flow_(seed) {}
  uint64_t events = 0;
  Journal journal;
  Books books;
  void one() {
    const Event event = flow_.one();
    journal.append(event);
    if (books.apply(event)) journal.touch(event, books.touch(event.instrument, 1), books.touch(event.instrument, 2));
    journal.publish();
    events++;
  }

 private:
  OrderFlow flow_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: paced RATE SECONDS WARM_UP_EVENTS SEED FILE\n");
    return 2;
  }
  const double rate = std::atof(argv[1]), seconds = std::atof(argv[2]);
  const uint64_t warm_up = std::strtoull(argv[3], nullptr, 10);
  const int fd = open(argv[5], O_CREAT | O_TRUNC | O_WRONLY, 0600);
  if (fd < 0) {
    std::perror(argv[5]);
    return 1;
  }
  auto engine = std::make_unique<Engine>(std::strtoull(argv[4], nullptr, 10));
  std::thread audit([&] { engine->journal.drain(fd); });
  for (uint64_t i = 0; i < warm_up; i++) engine->one();
  engine->journal.settle();
  Histogram service, response;
  const double start_ns = now_ns(), gap_ns = 1e9 / rate;
  const uint64_t count = uint64_t(std::ceil(seconds * rate));
  for (uint64_t i = 0; i < count; i++) {
    const double intended_ns = start_ns + double(i) * gap_ns;
    double begin_ns = now_ns();
    while (begin_ns < intended_ns) begin_ns = now_ns();
    engine->one();
    const double end_ns = now_ns();
    service.record(end_ns - begin_ns);
    response.record(end_ns - intended_ns);
  }
  engine->journal.close();
  audit.join();
  std::printf("answer %" PRIu64 " %zu %" PRId64 "\n", engine->events, engine->books.orders(), engine->books.touches());
  service.print("service");
  response.print("response");
}
