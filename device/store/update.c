/* SPDX-License-Identifier: Apache-2.0 */
#include "update.h"

/* docs/security.md lists the fields of the header. The signature covers all bytes before it. */
enum { UPDATE_FORMAT = 1, UPDATE_OVERHEAD = INTEGRAD_UPDATE_BYTES(0) };

#define UPDATE_MAGIC UINT32_C(0x44505569) /* "iUPD" */

static uint32_t field(const uint8_t *header, size_t at) {
    return (uint32_t)header[at] | (uint32_t)header[at + 1] << 8 | (uint32_t)header[at + 2] << 16 |
           (uint32_t)header[at + 3] << 24;
}

int integrad_update_check(integrad_update *update, const void *image, size_t size,
                          const integrad_store_content *content, const integrad_update_key *key) {
    const uint8_t *const bytes = image;
    if (size < UPDATE_OVERHEAD || field(bytes, 0) != UPDATE_MAGIC ||
        field(bytes, 4) != UPDATE_FORMAT || field(bytes, 16) != size - UPDATE_OVERHEAD ||
        field(bytes, 20) == 0) {
        return INTEGRAD_UPDATE_ERROR_FORMAT;
    }
    if (field(bytes, 8) != content->layout || field(bytes, 12) != content->model ||
        field(bytes, 16) != content->size) {
        return INTEGRAD_UPDATE_ERROR_MODEL;
    }
    const size_t signed_bytes = size - INTEGRAD_UPDATE_SIGNATURE_BYTES;
    if (key->verify(bytes + signed_bytes, bytes, signed_bytes, key->public_key) != 1) {
        return INTEGRAD_UPDATE_ERROR_SIGNATURE;
    }
    update->weights = bytes + INTEGRAD_UPDATE_HEADER_BYTES;
    update->version = field(bytes, 20);
    return 0;
}

int integrad_update_install(void *weights, integrad_store_info *info, const integrad_store *store,
                            const void *image, size_t size, const integrad_store_content *content,
                            const integrad_update_key *key) {
    integrad_update update;
    uint8_t *const to = weights;
    int result = integrad_update_check(&update, image, size, content, key);
    if (result == 0) {
        result = integrad_store_save_update(info, store, update.weights, content, update.version);
    }
    if (result == 0 && to != NULL) {
        for (uint32_t i = 0; i < content->size; i++) {
            to[i] = update.weights[i];
        }
    }
    return result;
}
