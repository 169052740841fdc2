/*
 * Maps and kernels of convolutions in the layout of the products.
 *
 * Groups of few channels are computed in bundles: as a convolution of more channels, whose weights
 * between channels of different groups are 0, since vectors would be mostly empty otherwise.
 *
 * Padded maps: int16 (bundles, samples, height, width, channels per bundle).
 */
#ifndef INTEGRAD_BACKPROP_MAPS_H
#define INTEGRAD_BACKPROP_MAPS_H

#include "backprop_model.h"
#include "backprop_products.h"

/* Number of bundles; 1 without groups. */
int32_t bundles_of(const layer *l);

/* Channels of a bundle, and where those of the group of output channel o begin. */
int32_t bundle_inputs(const layer *l);
int32_t bundle_outputs(const layer *l);
int32_t first_input(const layer *l, int32_t o);

/* Size of a padded input map of one bundle, and of all bundles and samples with what patches read
 * beyond the end. */
size_t padded_map_size(const layer *l);
size_t padded_maps_size(const layer *l, int32_t batch);

/* The same for the errors of one sample. */
size_t error_map_size(const layer *l);
size_t error_maps_size(const layer *l);

/* maps of x (batch, height, width, channels). */
void pad_maps(int16_t *maps, const layer *l, const int8_t *x, int32_t batch, int32_t threads);

/* Errors (out_height, out_width, out_channels) of a sample at the distances of the strides, with
 * zeros in between and around. */
void spread_errors(int16_t *maps, const layer *l, const int8_t *errors);

/* Patches of the output positions of one sample and bundle. */
windows input_windows(const layer *l, const int16_t *map);

/* Patches of errors of the input positions. */
windows error_windows(const layer *l, const int16_t *map);

/* Kernels of all bundles, one after the other, each of packed_size 16-bit integers; for the forward
 * pass, or mirrored for the errors. */
size_t packed_kernel_size(const layer *l);
size_t packed_mirror_size(const layer *l);
void pack_forward(int16_t *packed, const layer *l);
void pack_mirrored(int16_t *packed, const layer *l);

#endif
