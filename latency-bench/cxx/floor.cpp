// What the machine itself costs, without any language in between. Prints one line:
//   clockNs F copyGBs F missNs F visited COUNT
// Usage: floor BYTES    copies and a chain of dependent reads, one a cache line, over so many bytes.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

namespace {

constexpr int kReadings = 200'000;
constexpr int kCopies = 8;
constexpr size_t kLineWords = 16;

int64_t nowNs() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

double clockNs() {
  const int64_t startNs = nowNs();
  int64_t last = startNs;
  for (int i = 0; i < kReadings; i++) last = nowNs();
  return static_cast<double>(last - startNs) / kReadings;
}

/// The best of some copies, in GB/s.
double copySpeed(size_t bytes) {
  std::vector<char> from(bytes, 1);
  std::vector<char> to(bytes, 2);
  double best = 0;
  for (int i = 0; i < kCopies; i++) {
    from[static_cast<size_t>(i)] = static_cast<char>(i + 3);
    const int64_t startNs = nowNs();
    std::memcpy(to.data(), from.data(), bytes);
    const double speed = static_cast<double>(bytes) / static_cast<double>(nowNs() - startNs);
    if (std::memcmp(to.data(), from.data(), bytes) != 0) std::exit(1);
    if (speed > best) best = speed;
  }
  return best;
}

/// Sattolo's algorithm: one cycle through all lines, in an order that no prefetcher knows.
std::vector<uint32_t> chain(size_t lines) {
  std::vector<uint32_t> next(lines);
  for (size_t i = 0; i < lines; i++) next[i] = static_cast<uint32_t>(i);
  uint64_t state = 88172645463325252ull;
  for (size_t i = lines - 1; i > 0; i--) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    const size_t j = state % i;
    const uint32_t kept = next[i];
    next[i] = next[j];
    next[j] = kept;
  }
  std::vector<uint32_t> memory(lines * kLineWords);
  for (size_t i = 0; i < lines; i++) memory[i * kLineWords] = next[i] * kLineWords;
  return memory;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: floor BYTES\n");
    return 2;
  }
  const size_t bytes = static_cast<size_t>(std::atoll(argv[1]));
  const double clock = clockNs();
  const double copy = copySpeed(bytes);
  const std::vector<uint32_t> memory = chain(bytes / 64);
  const int64_t startNs = nowNs();
  uint32_t at = 0;
  size_t visited = 0;
  do {
    at = memory[at];
    visited++;
  } while (at != 0);
  const double miss = static_cast<double>(nowNs() - startNs) / static_cast<double>(visited);
  std::printf("clockNs %.2f copyGBs %.2f missNs %.2f visited %zu\n", clock, copy, miss, visited);
  return 0;
}
