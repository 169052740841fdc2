/* A program for this computer that speaks the serial protocol on its standard input and output, as
 * a board does on its port. Arguments:
 *
 *     slow MS     a training step takes so long
 *     own MS      every so often, the program classifies a sample of its own and tells the host
 *     no-spare    there is no memory for weights that the host writes
 *     no-store    there is no weight store
 */
#define _POSIX_C_SOURCE 200809L

#include "model_serial.h"
#ifdef MODEL_BATCH
#include "model_store.h"
#endif

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SLOT = 65536, SLOTS = 2 };

static uint8_t memory[SLOTS * SLOT];
static uint8_t buffer[64];
static long slow;
static int restarts;

static int read_memory(void *bytes, uint32_t address, uint32_t count, void *context) {
    (void)context;
    memcpy(bytes, memory + address, count);
    return 0;
}

static int program_memory(uint32_t address, const void *bytes, uint32_t count, void *context) {
    (void)context;
    memcpy(memory + address, bytes, count);
    return 0;
}

static const integrad_store store = {.read = read_memory,
                                     .program = program_memory,
                                     .slots = SLOTS,
                                     .slot_size = SLOT,
                                     .erase_size = 64,
                                     .program_size = 1,
                                     .erased_value = 0,
                                     .buffer = buffer,
                                     .buffer_size = sizeof buffer};

static uint8_t sent[4096];
static size_t pending;

static void flush(void) {
    for (size_t done = 0; done < pending;) {
        const ssize_t count = write(STDOUT_FILENO, sent + done, pending - done);
        if (count <= 0) {
            exit(0); /* nobody listens any more */
        }
        done += (size_t)count;
    }
    pending = 0;
}

static void send_bytes(void *context, const void *bytes, size_t count) {
    (void)context;
    if (pending + count > sizeof sent) {
        flush();
    }
    memcpy(sent + pending, bytes, count);
    pending += count;
}

static void request_restart(void *context) {
    (void)context;
    restarts = 1;
}

static model_serial serial;
#ifdef MODEL_BATCH
static model_weights weights;
static union {
    model_serial_scratch scratch;
    model_weights spare;
} shared;
#else
static const model_weights *const constant = &model_initial_weights;
static struct {
    model_serial_scratch scratch;
} shared;
#endif

static integrad_serial_port port = {.send = send_bytes, .reset = request_restart, .store = &store};

static void start(int has_spare) {
    integrad_store_info info = {0, 0, 0, 0};
    restarts = 0;
#ifdef MODEL_BATCH
    if (port.store == NULL || model_load(&weights, &info, port.store) < 0) {
        weights = model_initial_weights;
    }
    model_serial_start(&serial, &weights, has_spare ? &shared.spare : NULL, &shared.scratch, &port);
#else
    (void)has_spare;
    model_serial_start(&serial, constant, &shared.scratch, &port);
#endif
    serial.line.steps = info.steps;
}

/* The sample has the values 0, 1, 2, ... */
static void own_sample(int round) {
    model_raw sample[MODEL_INPUTS];
    int8_t x[MODEL_INPUTS];
    int8_t scores[MODEL_CLASSES];
    for (int i = 0; i < MODEL_INPUTS; i++) {
        sample[i] = (model_raw)(i + round);
    }
    model_normalise(x, sample);
    const int predicted = model_predict(scores, serial.weights, x, &shared.scratch.inference);
    model_serial_report(&serial, sample, round % 3 == 2 ? -1 : round % 3);
    model_serial_announce(&serial, predicted, scores);
    flush();
}

int main(int argc, char **argv) {
    int own = -1;
    int round = 0;
    int has_spare = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "slow") == 0) {
            slow = atol(argv[++i]);
        } else if (strcmp(argv[i], "own") == 0) {
            own = atoi(argv[++i]);
        } else if (strcmp(argv[i], "no-spare") == 0) {
            has_spare = 0;
        } else if (strcmp(argv[i], "no-store") == 0) {
            port.store = NULL;
        }
    }
    start(has_spare);
    for (;;) {
        uint8_t bytes[512];
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        if (poll(&input, 1, own) == 0) {
            own_sample(round++);
            continue;
        }
        const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
        if (count <= 0) {
            return 0;
        }
        for (ssize_t i = 0; i < count; i++) {
            const uint32_t steps = serial.line.steps;
            model_serial_receive(&serial, bytes[i]);
            if (slow > 0 && serial.line.steps != steps) {
                const struct timespec pause = {slow / 1000, slow % 1000 * 1000000};
                nanosleep(&pause, NULL);
            }
            flush();
            if (restarts) {
                start(has_spare);
            }
        }
    }
}
