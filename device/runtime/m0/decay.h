/* w - w / decay_inv. Few weights are as large as that in practice: those are divided in software.
 */
INTEGRAD_KERNEL void integrad_decay(int16_t *w, size_t count, int32_t decay_inv) {
    for (const int16_t *const end = w + count; w != end; w++) {
        if (*w >= decay_inv || *w <= -decay_inv) {
            *w = (int16_t)(*w - *w / decay_inv);
        }
    }
}
