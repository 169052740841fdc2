/*
 * The serial protocol with any requests: no memory is touched outside of what the program gave, a
 * request is answered once, a training step is taken once, and weights change by requests only that
 * arrived whole.
 *
 * Input: records. The first byte is the kind of a request, 0xF0 and above: as many bytes of the
 * line, up to 0xFF - 0xF0, follow as they are. The second byte of a request says how its number
 * follows, which byte of the frame is damaged, and its version; the third one how much data
 * follows.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "serial.h"

enum { INPUTS = 150, CLASSES = 250, BATCH = 3, WEIGHTS = 300, RAW = 0xF0, LINE = 4096 };
enum { INFO = 1, LEARN = 4, NEXT = 1, DAMAGED = 2, OTHER = 4 };

static struct {
    integrad_serial serial;
    uint8_t *weights, *spare, *sample, *labels;
    uint8_t sent[LINE];
    size_t count;
    int changed, steps;
} now;

static void require(int condition) {
    if (!condition) {
        abort();
    }
}

static void send_bytes(void *context, const void *bytes, size_t count) {
    (void)context;
    require(count > 0 && now.count + count <= LINE);
    memcpy(now.sent + now.count, bytes, count);
    now.count += count;
}

static void normalise(integrad_serial *serial, uint16_t slot) {
    require(serial == &now.serial && slot < BATCH);
}

static int predict(uint8_t *scores, integrad_serial *serial, uint16_t slot, uint16_t first,
                   uint16_t count) {
    require(slot < serial->ready && slot < BATCH && first + count <= CLASSES && count > 0);
    memset(scores, 3, count);
    return first;
}

static int learn(integrad_serial *serial, uint16_t count, const uint8_t *schedule) {
    require(count <= BATCH && count <= serial->ready);
    if (count == 0 || (schedule != NULL && integrad_serial_field(schedule, 1) < 0)) {
        return -1;
    }
    now.weights[0]++;
    now.changed = 1;
    now.steps++;
    return count;
}

static void apply(integrad_serial *serial) {
    (void)serial;
    memcpy(now.weights, now.spare, WEIGHTS);
    now.changed = 1;
}

static void initialise(integrad_serial *serial) {
    (void)serial;
    memset(now.weights, 0, WEIGHTS);
    now.changed = 1;
}

static int save(integrad_serial *serial, integrad_store_info *info) {
    info->sequence = serial->steps;
    return serial->steps % 2 == 0 ? 0 : INTEGRAD_STORE_ERROR_WRITE;
}

static int forget(integrad_serial *serial) {
    return serial->steps % 2 == 0 ? 0 : INTEGRAD_STORE_ERROR_WRITE;
}

static void restart(void *context) {
    (void)context;
}

static const integrad_store store = {.slots = 2};
static const char text[] = "name\0build\0all\0";
static const integrad_serial_port port = {.send = send_bytes, .reset = restart, .store = &store};
static const integrad_serial_model models[] = {
    {1, 2, WEIGHTS, INPUTS, CLASSES, BATCH, 2, 1, 2, sizeof text, text, normalise, predict, learn,
     apply, initialise, save, forget},
    {1, 2, WEIGHTS, INPUTS, CLASSES, 0, 2, 1, 2, sizeof text, text, normalise, predict, NULL, NULL,
     NULL, NULL, NULL},
};

/* What was sent is at most one frame, which the host can read. */
static void check_sent(void) {
    uint8_t bytes[LINE];
    integrad_frame frame = {.bytes = bytes, .size = LINE};
    int found = 0;
    for (size_t i = 0; i < now.count; i++) {
        const int result = integrad_frame_take(&frame, now.sent[i]);
        require(result != INTEGRAD_FRAME_DAMAGED);
        if (result == INTEGRAD_FRAME_COMPLETE) {
            found++;
            require(frame.count >= INTEGRAD_SERIAL_HEADER && bytes[0] == INTEGRAD_SERIAL_VERSION);
            require(frame.count <= INTEGRAD_SERIAL_HEADER + INTEGRAD_SERIAL_DATA);
            require(bytes[1] >= 0x80);
            frame.count = 0;
        }
    }
    require(found <= 1);
    now.count = 0;
}

static void receive(const uint8_t *bytes, size_t count) {
    uint8_t before[WEIGHTS];
    for (size_t i = 0; i < count; i++) {
        memcpy(before, now.weights, WEIGHTS);
        now.changed = 0;
        integrad_serial_receive(&now.serial, bytes[i]);
        require(now.changed || memcmp(before, now.weights, WEIGHTS) == 0);
        check_sent();
    }
}

static uint8_t line[LINE];
static size_t line_count;

static void to_line(void *context, const void *bytes, size_t count) {
    (void)context;
    memcpy(line + line_count, bytes, count);
    line_count += count;
}

/* Sends a request, undamaged ones twice: the second one takes no step, unless it is another one. */
static void request(uint8_t kind, uint8_t how, const uint8_t *data, size_t count) {
    static uint16_t number;
    uint8_t bytes[INTEGRAD_SERIAL_HEADER + 256 + INTEGRAD_FRAME_CRC_BYTES];
    number = (uint16_t)(number + (how & NEXT ? 1 : how >> 3));
    bytes[0] = how & OTHER ? (uint8_t)(how >> 3) : INTEGRAD_SERIAL_VERSION;
    bytes[1] = kind;
    bytes[2] = (uint8_t)(number & 0xFF);
    bytes[3] = (uint8_t)(number >> 8);
    memcpy(bytes + INTEGRAD_SERIAL_HEADER, data, count);
    line_count = 0;
    integrad_frame_send(bytes, INTEGRAD_SERIAL_HEADER + count, to_line, NULL);
    const int was_begun = now.serial.has_begun;
    const int steps = now.steps;
    if (how & DAMAGED) {
        line[(size_t)(how >> 3) % line_count] ^= (uint8_t)(1 + how);
    }
    receive(line, line_count);
    if (how & DAMAGED) {
        receive((const uint8_t *)"", 1);
        return;
    }
    require(kind != LEARN || was_begun || now.steps == steps);
    const int after = now.steps;
    require(after <= steps + 1);
    receive(line, line_count);
    require(now.steps == after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    /* Exactly as large as the protocol is told, so that the sanitizer notices a byte too many. */
    now.weights = calloc(WEIGHTS, 1);
    now.spare = data[0] & 2 ? NULL : calloc(WEIGHTS, 1);
    now.sample = calloc(INPUTS, 2);
    now.labels = calloc(BATCH, 1);
    require(now.weights != NULL && now.sample != NULL && now.labels != NULL);
    now.steps = 0;
    now.count = 0;
    const integrad_serial_model *const model = &models[data[0] & 1];
    integrad_serial_start(&now.serial, model, &port, now.weights, now.spare, now.sample,
                          now.labels);
    data++;
    size--;
    while (size > 0) {
        if (data[0] >= RAW) {
            const size_t most = (size_t)(data[0] - RAW);
            const size_t count = most < size - 1 ? most : size - 1;
            receive(data + 1, count);
            data += 1 + count;
            size -= 1 + count;
            continue;
        }
        if (size < 3) {
            break;
        }
        const size_t count = data[2] < size - 3 ? data[2] : size - 3;
        request(data[0], data[1], data + 3, count);
        data += 3 + count;
        size -= 3 + count;
    }
    const int8_t scores[CLASSES] = {1};
    integrad_serial_announce(&now.serial, 1, scores);
    check_sent();
    free(now.weights);
    free(now.spare);
    free(now.sample);
    free(now.labels);
    return 0;
}
