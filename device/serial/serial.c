/* SPDX-License-Identifier: Apache-2.0 */
#include "serial.h"

#include "checksum.h"

#if INTEGRAD_SERIAL_DATA < 64 || INTEGRAD_SERIAL_DATA > 16384
#error "INTEGRAD_SERIAL_DATA must be 64 to 16384"
#endif

enum kind {
    INFO = 1,
    SAMPLE = 2,
    PREDICT = 3,
    LEARN = 4,
    READ = 5,
    CHECK = 6,
    WRITE = 7,
    APPLY = 8,
    SAVE = 9,
    COUNTERS = 10,
    RESET = 11,
    ANSWER = 0x80, /* added to the kind of the request */
    PREDICTION_EVENT = 0xC0,
    SAMPLE_EVENT = 0xC1,
    OTHER_VERSION = 0xFF
};

enum status {
    DONE = 0,
    UNKNOWN = 1,     /* kind of request */
    LENGTH = 2,      /* of the data */
    SEQUENCE = 3,    /* not the next request, or no request for information before it */
    RANGE = 4,       /* an offset, slot or number */
    MODEL = 5,       /* weights of another model or layout */
    CHECKSUM = 6,    /* weights that did not arrive intact */
    UNSUPPORTED = 7, /* by this program */
    STORE = 8        /* the store reported an error, which follows */
};

enum { CAN_LEARN = 1, CAN_WRITE = 2, CAN_SAVE = 4, CAN_RESTART = 8 };
enum { RESET_WEIGHTS = 1, RESET_STORE = 2, RESET_PROGRAM = 4 };
enum { STATUS_AT = INTEGRAD_SERIAL_HEADER, ANSWER_AT = INTEGRAD_SERIAL_HEADER + 1 };

/* Events are sent from a buffer of their own, because a request may be arriving meanwhile. */
enum { EVENT_BYTES = 124 };

/* Of samples in events. */
#define NO_LABEL UINT16_C(0xFFFF)

/* Of data in an answer, behind its status. */
#define MOST_ANSWER ((uint16_t)(INTEGRAD_SERIAL_DATA - 1))

static uint16_t get16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | (uint16_t)bytes[1] << 8);
}

static uint32_t get32(const uint8_t *bytes) {
    return get16(bytes) | (uint32_t)get16(bytes + 2) << 16;
}

static uint8_t *put16(uint8_t *bytes, uint16_t value) {
    bytes[0] = (uint8_t)(value & 0xFFu);
    bytes[1] = (uint8_t)(value >> 8);
    return bytes + 2;
}

static uint8_t *put32(uint8_t *bytes, uint32_t value) {
    return put16(put16(bytes, (uint16_t)(value & 0xFFFFu)), (uint16_t)(value >> 16));
}

int32_t integrad_serial_field(const uint8_t *schedule, uint8_t number) {
    return (int32_t)get32(schedule + (size_t)4 * number);
}

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static uint32_t sample_bytes(const integrad_serial *s) {
    return s->model->inputs * s->model->value_bytes;
}

/* Where a byte of a sample, little-endian on the line, lies in memory. */
static uint32_t place(const integrad_serial *s, uint32_t at) {
    const uint16_t one = 1;
    const int is_little = *(const uint8_t *)&one == 1;
    return is_little ? at : at ^ (uint32_t)(s->model->value_bytes - 1);
}

/* Each request below takes its data, `count` bytes, and returns a status. It writes the data of
   its answer, behind the status, to the same buffer. */
typedef struct {
    const uint8_t *in;
    uint16_t count;
    uint8_t *out; /* after the last byte of the answer */
} request;

static uint8_t info(integrad_serial *s, request *r) {
    const integrad_serial_model *m = s->model;
    const int saves = m->save != NULL && s->port->store != NULL;
    uint8_t *out = r->out;
    out = put16(out, INTEGRAD_SERIAL_DATA);
    *out++ = (uint8_t)((m->batch > 0 ? CAN_LEARN : 0) | (s->spare != NULL ? CAN_WRITE : 0) |
                       (saves ? CAN_SAVE : 0) | (s->port->reset != NULL ? CAN_RESTART : 0));
    *out++ = (uint8_t)(m->value_bytes | (m->is_signed ? 0x80u : 0u));
    out = put32(out, m->model);
    out = put32(out, m->layout);
    out = put32(out, m->weights_bytes);
    out = put32(out, m->inputs);
    out = put16(out, m->classes);
    out = put16(out, m->batch);
    *out++ = m->schedule_fields;
    const uint16_t left = (uint16_t)(r->out + MOST_ANSWER - out);
    for (uint16_t i = 0; i < m->text_bytes && i < left; i++) {
        *out++ = (uint8_t)m->text[i];
    }
    r->out = out;
    return DONE;
}

static uint8_t take_sample(integrad_serial *s, const request *r) {
    if (r->count < 7) {
        return LENGTH;
    }
    const uint16_t slot = get16(r->in);
    const uint8_t label = r->in[2];
    const uint32_t offset = get32(r->in + 3);
    const uint32_t count = r->count - 7u;
    const uint32_t slots = s->model->batch > 0 ? s->model->batch : 1u;
    if (offset == 0 && slot <= s->ready && slot < slots) {
        s->slot = slot;
        s->arrived = 0;
    }
    if (slot != s->slot || offset != s->arrived || slot >= slots || slot > s->ready ||
        count > sample_bytes(s) - offset) {
        return RANGE;
    }
    for (uint32_t i = 0; i < count; i++) {
        s->sample[place(s, offset + i)] = r->in[7 + i];
    }
    s->arrived += count;
    if (s->arrived == sample_bytes(s)) {
        s->model->normalise(s, slot);
        if (s->labels != NULL) {
            s->labels[slot] = label;
        }
        if (slot == s->ready) {
            s->ready++;
        }
    }
    return DONE;
}

static uint8_t predict(integrad_serial *s, request *r) {
    if (r->count != 4) {
        return LENGTH;
    }
    const uint16_t slot = get16(r->in);
    const uint16_t first = get16(r->in + 2);
    if (slot >= s->ready || first >= s->model->classes) {
        return RANGE;
    }
    const uint16_t count = (uint16_t)least((uint32_t)(s->model->classes - first), MOST_ANSWER - 2u);
    const int predicted = s->model->predict(r->out + 2, s, slot, first, count);
    (void)put16(r->out, (uint16_t)predicted);
    r->out += 2 + count;
    s->predictions++;
    s->predicted = (uint16_t)predicted;
    return DONE;
}

static uint8_t learn(integrad_serial *s, request *r) {
    if (s->model->learn == NULL) {
        return UNSUPPORTED;
    }
    if (r->count < 3 || r->count != 3u + 4u * r->in[2]) {
        return LENGTH;
    }
    const uint16_t count = get16(r->in);
    const uint8_t fields = r->in[2];
    if (count > s->ready || (fields > 0 && fields != s->model->schedule_fields)) {
        return RANGE;
    }
    const int result = s->model->learn(s, count, fields > 0 ? r->in + 3 : NULL);
    if (result >= 0) {
        s->steps++;
    }
    r->out = put32(r->out, (uint32_t)(int32_t)result);
    return DONE;
}

static uint8_t read_weights(integrad_serial *s, request *r) {
    if (r->count != 6) {
        return LENGTH;
    }
    const uint32_t offset = get32(r->in);
    const uint16_t count = get16(r->in + 4);
    if (offset > s->model->weights_bytes || count > s->model->weights_bytes - offset ||
        count > MOST_ANSWER) {
        return RANGE;
    }
    for (uint16_t i = 0; i < count; i++) {
        *r->out++ = s->weights[offset + i];
    }
    return DONE;
}

static uint8_t check(const integrad_serial *s, request *r) {
    r->out = put32(r->out, integrad_crc32(0, s->weights, (size_t)s->model->weights_bytes));
    r->out = put32(r->out, s->steps);
    return DONE;
}

static uint8_t write_weights(integrad_serial *s, const request *r) {
    if (s->spare == NULL) {
        return UNSUPPORTED;
    }
    if (r->count < 4) {
        return LENGTH;
    }
    const uint32_t offset = get32(r->in);
    const uint32_t count = r->count - 4u;
    if (offset > s->model->weights_bytes || count > s->model->weights_bytes - offset) {
        return RANGE;
    }
    for (uint32_t i = 0; i < count; i++) {
        s->spare[offset + i] = r->in[4 + i];
    }
    return DONE;
}

/* Weights are replaced only here, all at once, if all of them arrived intact. */
static uint8_t apply(integrad_serial *s, const request *r) {
    const integrad_serial_model *m = s->model;
    if (s->spare == NULL || m->apply == NULL) {
        return UNSUPPORTED;
    }
    if (r->count != 20) {
        return LENGTH;
    }
    if (get32(r->in) != m->model || get32(r->in + 4) != m->layout ||
        get32(r->in + 8) != m->weights_bytes) {
        return MODEL;
    }
    if (get32(r->in + 12) != integrad_crc32(0, s->spare, (size_t)m->weights_bytes)) {
        return CHECKSUM;
    }
    m->apply(s);
    s->steps = get32(r->in + 16);
    return DONE;
}

static uint8_t save(integrad_serial *s, request *r) {
    if (s->model->save == NULL || s->port->store == NULL) {
        return UNSUPPORTED;
    }
    integrad_store_info saved = {0, 0, 0, 0};
    const int result = s->model->save(s, &saved);
    r->out = put32(r->out, (uint32_t)(int32_t)result);
    r->out = put32(r->out, saved.sequence);
    return result < 0 ? STORE : DONE;
}

static uint8_t counters(const integrad_serial *s, request *r) {
    const uint32_t values[] = {s->frames, s->damaged, s->repeated, s->predictions, s->steps};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        r->out = put32(r->out, values[i]);
    }
    return DONE;
}

/* The program itself is restarted after the answer. */
static uint8_t reset(integrad_serial *s, request *r) {
    if (r->count != 1) {
        return LENGTH;
    }
    const uint8_t what = r->in[0];
    if (what == 0 || what > (RESET_WEIGHTS | RESET_STORE | RESET_PROGRAM)) {
        return RANGE;
    }
    if (((what & RESET_WEIGHTS) != 0 && s->model->initialise == NULL) ||
        ((what & RESET_STORE) != 0 && (s->model->forget == NULL || s->port->store == NULL)) ||
        ((what & RESET_PROGRAM) != 0 && s->port->reset == NULL)) {
        return UNSUPPORTED;
    }
    if ((what & RESET_STORE) != 0) {
        const int result = s->model->forget(s);
        if (result < 0) {
            r->out = put32(r->out, (uint32_t)(int32_t)result);
            return STORE;
        }
    }
    if ((what & RESET_WEIGHTS) != 0) {
        s->model->initialise(s);
        s->steps = 0;
    }
    return DONE;
}

static uint8_t carry_out(integrad_serial *s, request *r) {
    switch (s->bytes[1]) {
    case INFO:
        return info(s, r);
    case SAMPLE:
        return take_sample(s, r);
    case PREDICT:
        return predict(s, r);
    case LEARN:
        return learn(s, r);
    case READ:
        return read_weights(s, r);
    case CHECK:
        return check(s, r);
    case WRITE:
        return write_weights(s, r);
    case APPLY:
        return apply(s, r);
    case SAVE:
        return save(s, r);
    case COUNTERS:
        return counters(s, r);
    case RESET:
        return reset(s, r);
    default:
        return UNKNOWN;
    }
}

/* Requests that change nothing are carried out again if they are repeated. */
static int changes_nothing(uint8_t kind) {
    return kind == INFO || kind == PREDICT || kind == READ || kind == CHECK || kind == COUNTERS;
}

static void send(integrad_serial *s, uint8_t *bytes, uint16_t count) {
    integrad_frame_send(bytes, count, s->port->send, s->port->context);
}

static void refuse(integrad_serial *s, uint8_t status) {
    s->bytes[1] |= ANSWER;
    s->bytes[STATUS_AT] = status;
    send(s, s->bytes, ANSWER_AT);
}

static void repeat(integrad_serial *s) {
    s->repeated++;
    uint8_t again[sizeof s->stored];
    for (size_t i = 0; i < sizeof again; i++) {
        again[i] = s->stored[i];
    }
    send(s, again, s->stored_count);
}

/* The answer takes the place of the request. */
static void answer(integrad_serial *s, uint16_t count, uint32_t crc) {
    const uint8_t kind = s->bytes[1];
    const uint8_t what = s->bytes[INTEGRAD_SERIAL_HEADER];
    request r = {s->bytes + INTEGRAD_SERIAL_HEADER, (uint16_t)(count - INTEGRAD_SERIAL_HEADER),
                 s->bytes + ANSWER_AT};
    const uint8_t status = carry_out(s, &r);
    const uint16_t length = (uint16_t)(r.out - s->bytes);
    s->bytes[1] = (uint8_t)(kind | ANSWER);
    s->bytes[STATUS_AT] = status;
    s->stored_count = 0;
    if (!changes_nothing(kind)) {
        for (uint16_t i = 0; i < length; i++) {
            s->stored[i] = s->bytes[i];
        }
        s->stored_count = (uint8_t)length;
        s->stored_request = crc;
    }
    send(s, s->bytes, length);
    if (kind == RESET && status == DONE && (what & RESET_PROGRAM) != 0) {
        s->port->reset(s->port->context);
    }
}

static void handle(integrad_serial *s) {
    const uint16_t count = s->frame.count;
    uint8_t *bytes = s->bytes;
    if (count < INTEGRAD_SERIAL_HEADER || bytes[1] >= ANSWER) {
        return; /* not from a host */
    }
    s->frames++;
    if (bytes[0] != INTEGRAD_SERIAL_VERSION) {
        bytes[0] = INTEGRAD_SERIAL_VERSION;
        bytes[1] = OTHER_VERSION;
        send(s, bytes, INTEGRAD_SERIAL_HEADER);
        return;
    }
    const uint8_t kind = bytes[1];
    const uint16_t sequence = get16(bytes + 2);
    const uint32_t crc = integrad_crc32(0, bytes, count);
    const int is_again = s->has_begun && sequence == s->sequence;
    const int is_next = s->has_begun && sequence == (uint16_t)(s->sequence + 1u);
    if (kind == INFO) {
        s->has_begun = 1;
    } else if (is_again && s->stored_count > 0 && crc == s->stored_request) {
        repeat(s);
        return;
    } else if (!is_next && !(is_again && changes_nothing(kind))) {
        refuse(s, SEQUENCE);
        return;
    }
    s->sequence = sequence;
    answer(s, count, crc);
}

static uint8_t *begin_event(integrad_serial *s, uint8_t *bytes, uint8_t kind) {
    bytes[0] = INTEGRAD_SERIAL_VERSION;
    bytes[1] = kind;
    return put16(bytes + 2, s->events++);
}

void integrad_serial_announce(integrad_serial *serial, int predicted, const int8_t *scores) {
    uint8_t bytes[EVENT_BYTES + INTEGRAD_FRAME_CRC_BYTES];
    uint8_t *out = put16(begin_event(serial, bytes, PREDICTION_EVENT), (uint16_t)predicted);
    for (uint16_t i = 0; i < serial->model->classes && out < bytes + EVENT_BYTES; i++) {
        *out++ = (uint8_t)scores[i];
    }
    send(serial, bytes, (uint16_t)(out - bytes));
}

void integrad_serial_report(integrad_serial *serial, const void *sample, int label) {
    const uint8_t *const values = sample;
    uint8_t bytes[EVENT_BYTES + INTEGRAD_FRAME_CRC_BYTES];
    uint32_t at = 0;
    do {
        uint8_t *out = begin_event(serial, bytes, SAMPLE_EVENT);
        out = put16(out, label < 0 ? NO_LABEL : (uint16_t)label);
        out = put32(out, at);
        for (; at < sample_bytes(serial) && out < bytes + EVENT_BYTES; at++) {
            *out++ = values[place(serial, at)];
        }
        send(serial, bytes, (uint16_t)(out - bytes));
    } while (at < sample_bytes(serial));
}

void integrad_serial_start(integrad_serial *serial, const integrad_serial_model *model,
                           const integrad_serial_port *port, const void *weights, void *spare,
                           void *sample, uint8_t *labels) {
    serial->model = model;
    serial->port = port;
    serial->weights = weights;
    serial->spare = spare;
    serial->sample = sample;
    serial->labels = labels;
    serial->steps = 0;
    serial->predictions = 0;
    serial->predicted = 0;
    serial->frames = 0;
    serial->damaged = 0;
    serial->repeated = 0;
    serial->arrived = 0;
    serial->slot = 0;
    serial->ready = 0;
    serial->events = 0;
    serial->sequence = 0;
    serial->has_begun = 0;
    serial->stored_count = 0;
    serial->stored_request = 0;
    serial->frame.bytes = serial->bytes;
    serial->frame.size = sizeof serial->bytes;
    serial->frame.count = 0;
    serial->frame.left = 0;
    serial->frame.zero = 0;
    serial->frame.broken = 0;
}

void integrad_serial_receive(integrad_serial *serial, uint8_t byte) {
    const int result = integrad_frame_take(&serial->frame, byte);
    if (result == INTEGRAD_FRAME_COMPLETE) {
        handle(serial);
        serial->frame.count = 0;
    } else if (result == INTEGRAD_FRAME_DAMAGED) {
        serial->damaged++;
    }
}
