/* What device/store/memories/zephyr.c and the sample of a package use of Zephyr. */
#include <stdint.h>

struct k_mutex {
    int count;
};
typedef struct {
    int64_t ticks;
} k_timeout_t;
#define K_FOREVER ((k_timeout_t){-1})
#define K_MUTEX_DEFINE(name) struct k_mutex name

int k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout);
int k_mutex_unlock(struct k_mutex *mutex);
int k_msleep(int ms);
