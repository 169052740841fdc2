/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol by which a host talks to a model over a serial port: it classifies samples, learns
 * from them, reads and writes weights, and saves them. docs/serial-protocol.md describes the bytes.
 *
 * NAME_serial.h connects it with a model, and is what a program includes. A program passes every
 * byte that arrives to NAME_serial_receive(), in the context in which it also predicts and learns.
 * A call returns at once, unless the byte completes a request: then it returns when the request,
 * a training step at most, has been carried out and answered.
 */
#ifndef INTEGRAD_SERIAL_H
#define INTEGRAD_SERIAL_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of data in a frame at most: 64 to 16,384, the same value for all files of a program. */
#ifndef INTEGRAD_SERIAL_DATA
#define INTEGRAD_SERIAL_DATA 240
#endif

enum { INTEGRAD_SERIAL_VERSION = 1 };

/* What the protocol requires of a program. */
typedef struct {
    /* Sends bytes, or drops them; it must not wait without a bound. */
    void (*send)(void *context, const void *bytes, size_t count);
    /* Restarts the program after the bytes sent before have left, or NULL. */
    void (*reset)(void *context);
    /* Where weights are saved, or NULL. */
    const integrad_store *store;
    void *context;
} integrad_serial_port;

typedef struct integrad_serial integrad_serial;

/* What the protocol requires of a model. Functions for learning are NULL if nothing learns. */
typedef struct {
    uint32_t model, layout; /* NAME_MODEL_CRC, NAME_LAYOUT_CRC */
    uint32_t weights_bytes;
    uint32_t inputs;
    uint16_t classes;
    uint16_t batch;      /* samples of a training step at most, 0 if nothing learns */
    uint8_t value_bytes; /* of a raw value */
    uint8_t is_signed;
    uint8_t schedule_fields;
    uint8_t text_bytes;
    const char *text; /* name, build, what learns, options, each with a zero byte at its end */

    void (*normalise)(integrad_serial *serial, uint16_t slot);
    /* Writes scores first, first + 1, ... and returns the class. */
    int (*predict)(uint8_t *scores, integrad_serial *serial, uint16_t slot, uint16_t first,
                   uint16_t count);
    /* schedule: its fields as received, NULL for the exported one. */
    int (*learn)(integrad_serial *serial, uint16_t count, const uint8_t *schedule);
    void (*apply)(integrad_serial *serial);      /* copies the spare weights */
    void (*initialise)(integrad_serial *serial); /* restores the initial weights */
    int (*save)(integrad_serial *serial, integrad_store_info *info);
    int (*forget)(integrad_serial *serial); /* clears the store */
} integrad_serial_model;

enum { INTEGRAD_SERIAL_HEADER = 4, INTEGRAD_SERIAL_STORED = 13 };

struct integrad_serial {
    const integrad_serial_model *model;
    const integrad_serial_port *port;
    const uint8_t *weights;
    uint8_t *spare;  /* memory for weights that arrive, or NULL */
    uint8_t *sample; /* the raw sample that arrives */
    uint8_t *labels; /* of the samples in their slots, or NULL */

    /* Training steps since the export: a program adds its own. */
    uint32_t steps;
    /* Since the start. */
    uint32_t predictions, frames, damaged, repeated;

    uint32_t arrived;   /* bytes of the sample in this slot */
    uint16_t slot;      /* where the sample belongs */
    uint16_t ready;     /* slots that hold samples */
    uint16_t events;    /* number of the next event */
    uint16_t sequence;  /* of the last request */
    uint16_t predicted; /* class of the last prediction */
    uint8_t has_begun;  /* whether a host has asked for information since the start */
    uint8_t stored_count;
    uint32_t stored_request; /* CRC-32 of the request that was answered so */
    uint8_t stored[INTEGRAD_SERIAL_STORED + INTEGRAD_FRAME_CRC_BYTES];

    integrad_frame frame;
    uint8_t bytes[INTEGRAD_SERIAL_HEADER + INTEGRAD_SERIAL_DATA + INTEGRAD_FRAME_CRC_BYTES];
};

/* Sets all members. weights: those of the model. spare, labels: see the members. */
void integrad_serial_start(integrad_serial *serial, const integrad_serial_model *model,
                           const integrad_serial_port *port, const void *weights, void *spare,
                           void *sample, uint8_t *labels);

/* Takes one byte from the host. */
void integrad_serial_receive(integrad_serial *serial, uint8_t byte);

/* Tells the host what was predicted, without being asked. scores: one per class. */
void integrad_serial_announce(integrad_serial *serial, int predicted, const int8_t *scores);

/* Sends a raw sample to the host. label: its class, or -1 if it is not known. */
void integrad_serial_report(integrad_serial *serial, const void *sample, int label);

/* A field of a schedule as it was received. */
int32_t integrad_serial_field(const uint8_t *schedule, uint8_t number);

#ifdef __cplusplus
}
#endif

#endif
