// Historical simulation VaR kept up to date, and the projection of Monte Carlo paths, as one would write them in C++.
// Build: g++ -O3 -march=native -std=c++17 -o var var.cpp     Run: ./var INSTRUMENTS SCENARIOS CHANGES PATHS
// Prints, one line each: name, ns per operation, the figure at the end (17 digits). The numbers come from the same generator
// as those of latency-bench/benchmarks/var.ts, so the figures must be the same.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {
struct Random {
  uint32_t state;
  double unit() { state = state * 1664525u + 1013904223u; return state / 4294967296.0; }
  double move() { double sum = 0; for (int i = 0; i < 3; ++i) sum += unit(); return (sum - 1.5) * 0.03; }
};

double elapsedNs(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

// The type 7 quantile of the lower tail, as a loss. `work` is overwritten.
double lossAt(const std::vector<double>& pnl, std::vector<double>& work, double tail) {
  work = pnl;
  const double place = double(pnl.size() - 1) * tail;
  const size_t lower = size_t(std::floor(place + 1e-9));
  const double fraction = std::max(0.0, place - double(lower));
  std::nth_element(work.begin(), work.begin() + long(lower), work.end());
  double quantile = work[lower];
  if (fraction > 1e-9) quantile = (1 - fraction) * quantile + fraction * *std::min_element(work.begin() + long(lower) + 1, work.end());
  return -quantile;
}

void addRow(std::vector<double>& pnl, const std::vector<double>& returns, size_t row, double by) {
  const double* r = returns.data() + row * pnl.size();
  for (size_t s = 0; s < pnl.size(); ++s) pnl[s] += by * r[s];
}

void changes(const char* name, size_t instruments, size_t scenarios, size_t count, double tail) {
  Random random{12345};
  std::vector<double> returns(instruments * scenarios), exposures(instruments), pnl(scenarios), work;
  for (double& r : returns) r = random.move();
  for (size_t i = 0; i < instruments; ++i) { exposures[i] = (random.unit() - 0.5) * 1e6; addRow(pnl, returns, i, exposures[i]); }
  double figure = 0;
  const auto start = std::chrono::steady_clock::now();
  for (size_t k = 0; k < count; ++k) {
    const size_t i = (k * 7919) % instruments;
    const double after = exposures[i] * (1 + (random.unit() - 0.5) * 0.002);
    addRow(pnl, returns, i, after - exposures[i]);
    exposures[i] = after;
    figure = lossAt(pnl, work, tail);
  }
  printf("%s %.3f %.17g\n", name, elapsedNs(start) / double(count), figure);
}

void full(size_t instruments, size_t scenarios) {
  Random random{12345};
  std::vector<double> returns(instruments * scenarios), exposures(instruments), pnl(scenarios), work;
  for (double& r : returns) r = random.move();
  for (double& x : exposures) x = (random.unit() - 0.5) * 1e6;
  double figure = 0;
  const int rounds = 20;
  const auto start = std::chrono::steady_clock::now();
  for (int k = 0; k < rounds; ++k) {
    std::fill(pnl.begin(), pnl.end(), 0.0);
    for (size_t i = 0; i < instruments; ++i) addRow(pnl, returns, i, exposures[i]);
    figure = lossAt(pnl, work, 0.05);
  }
  printf("full %.3f %.17g\n", elapsedNs(start) / rounds, figure);
}

void monteCarlo(size_t factors, size_t paths) {
  Random random{54321};
  std::vector<double> draws(factors * paths), loading(factors), pnl(paths), work;
  for (double& z : draws) z = random.move();
  for (double& l : loading) l = (random.unit() - 0.5) * 1e6;
  double figure = 0;
  const int rounds = 3;
  const auto start = std::chrono::steady_clock::now();
  for (int k = 0; k < rounds; ++k) {
    for (size_t p = 0; p < paths; ++p) {
      const double* z = draws.data() + p * factors;
      double sum = 0;
      for (size_t f = 0; f < factors; ++f) sum += loading[f] * z[f];
      pnl[p] = sum;
    }
    figure = lossAt(pnl, work, 0.05);
  }
  printf("montecarlo %.3f %.17g\n", elapsedNs(start) / rounds, figure);
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) { fprintf(stderr, "usage: var INSTRUMENTS SCENARIOS CHANGES PATHS\n"); return 2; }
  const size_t instruments = size_t(atol(argv[1])), scenarios = size_t(atol(argv[2])), count = size_t(atol(argv[3])), paths = size_t(atol(argv[4]));
  changes("change95", instruments, scenarios, count, 0.05);
  changes("change99", instruments, scenarios, count, 0.01);
  full(instruments, scenarios);
  monteCarlo(instruments, paths);
}
