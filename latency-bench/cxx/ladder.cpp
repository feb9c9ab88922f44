// A price-time matching book of the same design as src/matching: 64-byte orders in slots, queues linked through them, levels
// addressed by price with three tiers of bits over them, what happens written behind one another to memory. Limit and market
// orders, immediate-or-cancel, fill-or-kill, post-only, icebergs, cancel and replace; no stops, and no price outside of the
// 32,768 around the first one of a side.
//
//   ladder FILE    reads operations (latency-bench/matching-operations.ts), acts on them in chunks, and prints, for one run:
//                  ns NANOSECONDS trades COUNT hash HEX
// Timed: the operations. Not timed: reading the file and hashing the trades, between the chunks.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace {

constexpr int kPlaces = 1 << 15;
constexpr int kChunk = 1024;

enum Action : int32_t { kAdd = 1, kCancel = 2, kReplace = 3 };
enum Type : int32_t { kLimit = 1, kMarket = 2 };
enum Time : int32_t { kIoc = 3, kFok = 4 };
enum Flag : int32_t { kPostOnly = 1 };
enum Kind : int32_t { kNew = 2, kTrade = 3, kCanceled = 4, kReplaced = 5, kRejected = 6, kCancelRejected = 8, kReplaceRejected = 9, kRestated = 13 };

/// One operation in the file: 48 bytes.
struct Operation {
  int32_t action, orderId, side, type, timeInForce, flags;
  double price, qty, display;
};

struct Output {
  int32_t kind, code, order, maker;
  double price, qty, leaves, makerLeaves;
};

struct alignas(64) Order {
  double leaves, shown, qty, price, display;
  int32_t next, previous, level, id, side, type, timeInForce, flags;
};

struct alignas(32) Level {
  double key, lots;
  int32_t first, last, orders, unused;
};

class Occupied {
 public:
  void set(int place) {
    low_[place >> 5] |= 1u << (place & 31);
    middle_[place >> 10] |= 1u << ((place >> 5) & 31);
    top_ |= 1u << (place >> 10);
  }

  void clear(int place) {
    if ((low_[place >> 5] &= ~(1u << (place & 31))) != 0) return;
    if ((middle_[place >> 10] &= ~(1u << ((place >> 5) & 31))) == 0) top_ &= ~(1u << (place >> 10));
  }

  int highest() const {
    if (top_ == 0) return -1;
    const int m = 31 - __builtin_clz(top_);
    const int l = (m << 5) | (31 - __builtin_clz(middle_[m]));
    return (l << 5) | (31 - __builtin_clz(low_[l]));
  }

  bool has(int place) const { return (low_[place >> 5] >> (place & 31)) & 1; }

 private:
  uint32_t low_[kPlaces >> 5] = {};
  uint32_t middle_[kPlaces >> 10] = {};
  uint32_t top_ = 0;
};

class Queues {
 public:
  explicit Queues(double sign) : sign_(sign) {}

  int best = -1;
  double bestKey = -__builtin_inf();

  void append(std::vector<Order>& orders, int slot) {
    Order& order = orders[static_cast<size_t>(slot)];
    const double key = order.price * sign_;
    if (levels_ == 0) base_ = key - (kPlaces >> 1);
    const double place = key - base_;
    if (!(place >= 0 && place < kPlaces)) {
      std::fprintf(stderr, "price %.0f is outside of the window\n", order.price);
      std::exit(1);
    }
    const int number = static_cast<int>(place);
    Level& level = level_[static_cast<size_t>(number)];
    if (level.orders == 0) {
      level = Level{key, 0, 0, 0, 0, 0};
      levels_++;
      occupied_.set(number);
      if (key > bestKey) {
        bestKey = key;
        best = number;
      }
    }
    order.previous = level.last;
    order.next = 0;
    order.level = number;
    if (level.last == 0) level.first = slot;
    else orders[static_cast<size_t>(level.last)].next = slot;
    level.last = slot;
    level.orders++;
    level.lots += order.shown;
  }

  void remove(std::vector<Order>& orders, int slot) {
    Order& order = orders[static_cast<size_t>(slot)];
    Level& level = level_[static_cast<size_t>(order.level)];
    if (order.next == 0) level.last = order.previous;
    else orders[static_cast<size_t>(order.next)].previous = order.previous;
    if (order.previous == 0) level.first = order.next;
    else orders[static_cast<size_t>(order.previous)].next = order.next;
    level.lots -= order.shown;
    if (--level.orders > 0) return;
    levels_--;
    occupied_.clear(order.level);
    if (order.level != best) return;
    best = occupied_.highest();
    bestKey = best < 0 ? -__builtin_inf() : level_[static_cast<size_t>(best)].key;
  }

  Level& at(int number) { return level_[static_cast<size_t>(number)]; }
  bool has(int number) const { return occupied_.has(number); }

 private:
  const double sign_;
  double base_ = 0;
  int levels_ = 0;
  Occupied occupied_;
  std::vector<Level> level_ = std::vector<Level>(kPlaces);
};

class Book {
 public:
  Book(size_t orders, size_t ids) {
    orders_.resize(orders + 1);
    slotById_.resize(ids + 1);
    outputs.reserve(kChunk * 8);
  }

  std::vector<Output> outputs;

  void submit(const Operation& op) {
    const int slot = add();
    Order& order = orders_[static_cast<size_t>(slot)];
    order.side = op.side;
    order.type = op.type;
    order.timeInForce = op.timeInForce;
    order.flags = op.flags;
    order.leaves = order.qty = op.qty;
    order.price = op.type == kLimit ? op.price : 0;
    order.display = op.display;
    order.shown = 0;
    int code = refusal(op);
    if (code == 0 && (op.flags & kPostOnly) != 0 && makers(order).bestKey + keyOf(order) >= 0) code = 1000;
    say(code == 0 ? kNew : kRejected, code, order);
    if (code != 0) release(slot);
    else enter(slot);
  }

  void cancel(int id) {
    const int slot = slotOf(id);
    if (slot == 0) return refuse(kCancelRejected, 1001, id);
    Order& order = orders_[static_cast<size_t>(slot)];
    own(order).remove(orders_, slot);
    end(slot, 0);
  }

  void replace(const Operation& op) {
    const int slot = slotOf(op.orderId);
    if (slot == 0) return refuse(kReplaceRejected, 1001, op.orderId);
    Order& order = orders_[static_cast<size_t>(slot)];
    int code = isWhole(op.qty) ? isWhole(op.price) ? 0 : 102 : 101;
    const double leaves = op.qty - (order.qty - order.leaves);
    if (code == 0 && leaves <= 0) code = 1002;
    const bool stays = op.price == order.price && leaves <= order.leaves;
    if (code == 0 && !stays && (order.flags & kPostOnly) != 0) {
      const double key = order.side == 1 ? op.price : -op.price;
      if (makers(order).bestKey + key >= 0) code = 1000;
    }
    if (code != 0) return refuse(kReplaceRejected, code, op.orderId);
    if (stays) {
      const double shown = order.shown < leaves ? order.shown : leaves;
      own(order).at(order.level).lots += shown - order.shown;
      order.shown = shown;
    } else {
      own(order).remove(orders_, slot);
    }
    order.qty = op.qty;
    order.leaves = leaves;
    order.price = op.price;
    say(kReplaced, 0, order);
    if (!stays) enter(slot);
  }

 private:
  static bool isWhole(double v) { return v > 0 && v <= 9007199254740991.0 && __builtin_floor(v) == v; }

  static int refusal(const Operation& op) {
    if (op.side != 1 && op.side != 2) return 100;
    if (op.type != kLimit && op.type != kMarket) return 106;
    if (!(op.timeInForce >= 1 && op.timeInForce <= 5)) return 107;
    if (!isWhole(op.qty)) return 101;
    if (op.type == kLimit && !isWhole(op.price)) return 102;
    if (op.display != 0 && !(isWhole(op.display) && op.display <= op.qty)) return 112;
    if ((op.flags & kPostOnly) == 0) return 0;
    if (op.type != kLimit) return 106;
    return op.timeInForce == kIoc || op.timeInForce == kFok ? 107 : 0;
  }

  static double keyOf(const Order& order) {
    if (order.price == 0) return __builtin_inf();
    return order.side == 1 ? order.price : -order.price;
  }

  Queues& own(const Order& order) { return order.side == 1 ? bids_ : asks_; }
  Queues& makers(const Order& order) { return order.side == 1 ? asks_ : bids_; }

  int add() {
    int slot = free_;
    if (slot == 0) {
      slot = ++made_;
      if (static_cast<size_t>(slot) == orders_.size()) orders_.resize(orders_.size() * 2);
    } else {
      free_ = orders_[static_cast<size_t>(slot)].next;
    }
    const int id = ++lastId_;
    if (static_cast<size_t>(id) == slotById_.size()) slotById_.resize(slotById_.size() * 2);
    slotById_[static_cast<size_t>(id)] = slot;
    orders_[static_cast<size_t>(slot)].id = id;
    return slot;
  }

  void release(int slot) {
    Order& order = orders_[static_cast<size_t>(slot)];
    slotById_[static_cast<size_t>(order.id)] = 0;
    order.next = free_;
    free_ = slot;
  }

  int slotOf(int id) const { return id > 0 && id <= lastId_ ? slotById_[static_cast<size_t>(id)] : 0; }

  void enter(int slot) {
    Order& order = orders_[static_cast<size_t>(slot)];
    if (order.timeInForce == kFok && !canFill(order)) return end(slot, 1004);
    match(order);
    if (order.leaves == 0) release(slot);
    else if (order.type == kMarket) end(slot, 1005);
    else if (order.timeInForce == kIoc) end(slot, 0);
    else rest(slot);
  }

  void rest(int slot) {
    Order& order = orders_[static_cast<size_t>(slot)];
    order.shown = order.display > 0 && order.display < order.leaves ? order.display : order.leaves;
    own(order).append(orders_, slot);
  }

  void match(Order& order) {
    Queues& other = makers(order);
    const double key = keyOf(order);
    double leaves = order.leaves;
    while (leaves > 0 && other.bestKey + key >= 0) {
      Level& level = other.at(other.best);
      const int slot = level.first;
      Order& maker = orders_[static_cast<size_t>(slot)];
      const double shown = maker.shown;
      const double lots = leaves < shown ? leaves : shown;
      leaves -= lots;
      maker.leaves -= lots;
      outputs.push_back({kTrade, 0, order.id, maker.id, maker.price, lots, leaves, maker.leaves});
      if (lots < shown) {
        maker.shown = shown - lots;
        level.lots -= lots;
      } else {
        other.remove(orders_, slot);
        if (maker.leaves == 0) {
          release(slot);
        } else {
          rest(slot);
          outputs.push_back({kRestated, 0, maker.id, 0, maker.price, maker.shown, maker.leaves, 0});
        }
      }
    }
    order.leaves = leaves;
  }

  bool canFill(const Order& order) {
    Queues& other = makers(order);
    const double key = keyOf(order);
    double wanted = order.leaves;
    for (int number = other.best; number >= 0; number--) {
      if (!other.has(number)) continue;
      const Level& level = other.at(number);
      if (!(level.key + key >= 0)) return false;
      for (int slot = level.first; slot != 0; slot = orders_[static_cast<size_t>(slot)].next) {
        wanted -= orders_[static_cast<size_t>(slot)].leaves;
        if (wanted <= 0) return true;
      }
    }
    return false;
  }

  void end(int slot, int code) {
    say(kCanceled, code, orders_[static_cast<size_t>(slot)]);
    release(slot);
  }

  void say(int kind, int code, const Order& order) {
    outputs.push_back({kind, code, order.id, 0, order.price, order.qty, order.leaves, 0});
  }

  void refuse(int kind, int code, int id) { outputs.push_back({kind, code, id, 0, 0, 0, 0, 0}); }

  Queues bids_{1};
  Queues asks_{-1};
  std::vector<Order> orders_;
  std::vector<int32_t> slotById_;
  int lastId_ = 0;
  int made_ = 0;
  int free_ = 0;
};

/// FNV-1a of 64 bits over 32-bit words, as src/core/hash.ts.
class Hash {
 public:
  void word(uint32_t value) { state_ = (state_ ^ value) * 0x100000001b3ull; }
  uint64_t state() const { return state_; }

 private:
  uint64_t state_ = 0xcbf29ce484222325ull;
};

int64_t nowNs() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

std::vector<Operation> readOperations(const char* path) {
  std::vector<Operation> operations;
  std::FILE* file = std::fopen(path, "rb");
  if (file == nullptr) {
    std::fprintf(stderr, "%s can't be read\n", path);
    std::exit(1);
  }
  Operation one;
  while (std::fread(&one, sizeof one, 1, file) == 1) operations.push_back(one);
  std::fclose(file);
  return operations;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: ladder FILE\n");
    return 2;
  }
  const std::vector<Operation> operations = readOperations(argv[1]);
  Book book(1 << 16, operations.size());
  Hash hash;
  int64_t trades = 0;
  int64_t elapsedNs = 0;
  for (size_t from = 0; from < operations.size(); from += kChunk) {
    const size_t to = from + kChunk < operations.size() ? from + kChunk : operations.size();
    const int64_t startNs = nowNs();
    for (size_t i = from; i < to; i++) {
      const Operation& op = operations[i];
      if (op.action == kAdd) book.submit(op);
      else if (op.action == kCancel) book.cancel(op.orderId);
      else book.replace(op);
    }
    elapsedNs += nowNs() - startNs;
    for (const Output& out : book.outputs) {
      if (out.kind != kTrade) continue;
      trades++;
      hash.word(static_cast<uint32_t>(out.order));
      hash.word(static_cast<uint32_t>(out.maker));
      hash.word(static_cast<uint32_t>(out.price));
      hash.word(static_cast<uint32_t>(out.qty));
    }
    book.outputs.clear();
  }
  std::printf("ns %lld trades %lld hash %016llx\n", static_cast<long long>(elapsedNs), static_cast<long long>(trades),
              static_cast<unsigned long long>(hash.state()));
  return 0;
}
