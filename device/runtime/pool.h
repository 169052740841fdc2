/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_POOL_H
#define INTEGRAD_POOL_H

/*
 * The shape of a pooling layer: channels x in_height x in_width -> channels x height x width.
 * Windows do not overlap; rows and columns that do not fill a window are discarded.
 */
struct integrad_pool {
    int channels, in_height, in_width, height, width, window_height, window_width;
};

#endif
