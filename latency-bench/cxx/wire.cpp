// UDP round trips on loopback: the client that times them, and an echo that does nothing but send back what came. Both
// spin on non-blocking sockets, on a core each (the client on the first that the process may use, the echo on the last).
//
//   wire echo               prints "port N"; sends every datagram back; a datagram of one byte ends it
//   wire client FILE WARMUP prints "port N", reads the server's port from stdin; sends the datagrams of FILE one at a time, waits
//                           for the answer of each and compares it; prints "answers COUNT", then one line "NS TRIPS" for each
//                           duration met behind the first WARMUP round trips
//
// FILE: for each datagram its length u16 and its bytes, then the length of its answer u16 and its bytes; no bytes: there is none.
// Little-endian.
#include <arpa/inet.h>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr int64_t kTimeoutNs = 5'000'000'000;
constexpr int kLooksPerClock = 1024;
constexpr size_t kMaxBytes = 65536;

int64_t nowNs() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "wire: %s\n", what);
  std::exit(1);
}

/// On one core of those allowed: the first or the last.
void pin(bool last) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  int chosen = -1;
  for (int core = 0; core < CPU_SETSIZE; core++) {
    if (!CPU_ISSET(core, &allowed)) continue;
    if (chosen < 0 || last) chosen = core;
  }
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(chosen, &one);
  sched_setaffinity(0, sizeof one, &one);
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int openSocket() {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("no socket");
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  std::printf("port %d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return fd;
}

int echo() {
  const int fd = openSocket();
  std::vector<uint8_t> bytes(kMaxBytes);
  sockaddr_in from{};
  for (;;) {
    socklen_t length = sizeof from;
    const ssize_t got =
        recvfrom(fd, bytes.data(), bytes.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&from), &length);
    if (got < 0) continue;
    if (got == 1) return 0;
    sendto(fd, bytes.data(), static_cast<size_t>(got), 0, reinterpret_cast<sockaddr*>(&from), length);
  }
}

struct Trip {
  const uint8_t* packet;
  size_t packetBytes;
  const uint8_t* answer;
  size_t answerBytes;
};

std::vector<uint8_t> readAll(const char* path) {
  FILE* file = std::fopen(path, "rb");
  if (file == nullptr) fail("no file");
  std::vector<uint8_t> content;
  uint8_t block[65536];
  for (size_t got = 0; (got = std::fread(block, 1, sizeof block, file)) > 0;) {
    content.insert(content.end(), block, block + got);
  }
  std::fclose(file);
  return content;
}

std::vector<Trip> tripsOf(const std::vector<uint8_t>& content) {
  std::vector<Trip> trips;
  for (size_t at = 0; at < content.size();) {
    Trip trip{};
    trip.packetBytes = static_cast<size_t>(content[at] | (content[at + 1] << 8));
    trip.packet = &content[at + 2];
    at += 2 + trip.packetBytes;
    trip.answerBytes = static_cast<size_t>(content[at] | (content[at + 1] << 8));
    trip.answer = content.data() + at + 2;
    at += 2 + trip.answerBytes;
    trips.push_back(trip);
  }
  return trips;
}

/// Waits for a datagram; its length.
size_t receive(int fd, std::vector<uint8_t>& into) {
  const int64_t startNs = nowNs();
  do {
    for (int i = 0; i < kLooksPerClock; i++) {
      const ssize_t got = recv(fd, into.data(), into.size(), MSG_DONTWAIT);
      if (got >= 0) return static_cast<size_t>(got);
    }
  } while (nowNs() - startNs < kTimeoutNs);
  fail("an answer did not come within 5 s");
}

int client(const char* path, size_t warmUp) {
  const std::vector<uint8_t> content = readAll(path);
  const std::vector<Trip> trips = tripsOf(content);
  const int fd = openSocket();
  int port = 0;
  if (std::scanf("%d", &port) != 1) fail("no port");
  const sockaddr_in server = loopback(static_cast<uint16_t>(port));
  std::vector<uint8_t> answer(kMaxBytes);
  std::map<int64_t, int64_t> durations;
  size_t answers = 0;
  for (const Trip& trip : trips) {
    const int64_t startNs = nowNs();
    sendto(fd, trip.packet, trip.packetBytes, 0, reinterpret_cast<const sockaddr*>(&server), sizeof server);
    if (trip.answerBytes == 0) continue;
    const size_t got = receive(fd, answer);
    const int64_t endNs = nowNs();
    if (got != trip.answerBytes || std::memcmp(answer.data(), trip.answer, got) != 0) fail("an answer is wrong");
    if (answers++ >= warmUp) durations[endNs - startNs]++;
  }
  std::printf("answers %zu\n", answers);
  for (const auto& [ns, count] : durations) {
    std::printf("%lld %lld\n", static_cast<long long>(ns), static_cast<long long>(count));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "echo") == 0) {
    pin(true);
    return echo();
  }
  if (argc == 4 && std::strcmp(argv[1], "client") == 0) {
    pin(false);
    return client(argv[2], static_cast<size_t>(std::atoll(argv[3])));
  }
  std::fprintf(stderr, "usage: wire echo | wire client FILE WARMUP\n");
  return 2;
}
