/* Passes what its transport has, after a first byte with their number / 256 and a second one with
 * the rest, to the serial protocol, and writes what is sent. */
#include "model_serial.h"

#include "transport.h"

static model_serial serial;
static model_weights weights;
static union {
    model_serial_scratch scratch;
    model_weights spare;
} memory;
static int is_broken;
static uint8_t sent[128];
static size_t count_sent;

static void flush(void) {
    is_broken |= integrad_write(sent, count_sent) != 0;
    count_sent = 0;
}

static void send_bytes(void *context, const void *bytes, size_t count) {
    (void)context;
    for (size_t i = 0; i < count; i++) {
        if (count_sent == sizeof sent) {
            flush();
        }
        sent[count_sent++] = ((const uint8_t *)bytes)[i];
    }
}

static const integrad_serial_port port = {.send = send_bytes};

int main(void) {
    uint8_t bytes[128];
    weights = model_initial_weights;
    model_serial_start(&serial, &weights, &memory.spare, &memory.scratch, &port);
    if (integrad_read(bytes, 2) != 0) {
        return 1;
    }
    size_t left = (size_t)bytes[0] * 256u + bytes[1];
    while (left > 0) {
        const size_t count = left < sizeof bytes ? left : sizeof bytes;
        if (integrad_read(bytes, count) != 0) {
            return 1;
        }
        for (size_t i = 0; i < count; i++) {
            model_serial_receive(&serial, bytes[i]);
        }
        left -= count;
    }
    flush();
    return is_broken;
}
