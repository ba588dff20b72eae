// A wall clock that is wrong by CLOCK_OFFSET seconds, for LD_PRELOAD; the monotonic clock stays right, as when a machine's
// time is set. Timers, leases and deadlines go by the latter. Built by the tests that want it:
//   gcc -shared -fPIC -O2 -o clock.so clock.c
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long offset(void) { const char *s = getenv("CLOCK_OFFSET"); return s ? atol(s) : 0; }
int clock_gettime(clockid_t id, struct timespec *t) {
  int e = (int)syscall(SYS_clock_gettime, id, t);
  if (e == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) t->tv_sec += offset();
  return e;
}
int gettimeofday(struct timeval *restrict t, void *restrict z) {
  (void)z;
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
  t->tv_sec = now.tv_sec; t->tv_usec = now.tv_nsec / 1000;
  return 0;
}
time_t time(time_t *t) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (t) *t = now.tv_sec;
  return now.tv_sec;
}
