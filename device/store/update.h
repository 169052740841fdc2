/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Updates of weights that were signed on a host with `integrad update sign`.
 *
 * An update is installed only if it was signed with the right key, is whole, belongs to this
 * program, and has a later version than all updates before. See docs/security.md for its format
 * and for what this protects. The signature itself is verified by a function of the program, so
 * that it can be that of any library, of a boot loader or of a secure element.
 */
#ifndef INTEGRAD_UPDATE_H
#define INTEGRAD_UPDATE_H

#include "store.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    INTEGRAD_UPDATE_HEADER_BYTES = 32,
    INTEGRAD_UPDATE_SIGNATURE_BYTES = 64,

    INTEGRAD_UPDATE_ERROR_FORMAT = -16,   /* not an update, or not all of it */
    INTEGRAD_UPDATE_ERROR_MODEL = -17,    /* for another model or layout */
    INTEGRAD_UPDATE_ERROR_SIGNATURE = -18 /* signed with another key, or changed since */
};

/* Bytes of an update for weights of this size. */
#define INTEGRAD_UPDATE_BYTES(size)                                                                \
    (INTEGRAD_UPDATE_HEADER_BYTES + (size) + INTEGRAD_UPDATE_SIGNATURE_BYTES)

/*
 * Returns 1 if the 64 bytes of `signature` are the Ed25519 signature (RFC 8032) of the message
 * under the 32 bytes of `public_key`. Every other result means that they are not.
 */
typedef int (*integrad_verify)(const uint8_t *signature, const uint8_t *message, size_t size,
                               const uint8_t *public_key);

typedef struct {
    integrad_verify verify;
    const uint8_t *public_key;
} integrad_update_key;

typedef struct {
    const uint8_t *weights; /* in the image; at any address */
    uint32_t version;       /* at least 1 */
} integrad_update;

/*
 * Checks an image of `size` bytes, except for its version. Returns 0, or a negative error; only if
 * it is 0 is *update written.
 */
int integrad_update_check(integrad_update *update, const void *image, size_t size,
                          const integrad_store_content *content, const integrad_update_key *key);

/*
 * Checks an image and saves its weights, which a start does not load before they are confirmed
 * with integrad_store_confirm and info->sequence. Returns 0 and copies them to `weights`, or
 * returns a negative error of this file or of the store, for example INTEGRAD_STORE_ERROR_OLD, and
 * leaves `weights` as they are. The image must not change meanwhile. info and `weights` may be
 * NULL.
 */
int integrad_update_install(void *weights, integrad_store_info *info, const integrad_store *store,
                            const void *image, size_t size, const integrad_store_content *content,
                            const integrad_update_key *key);

#ifdef __cplusplus
}
#endif

#endif
