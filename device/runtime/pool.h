#ifndef INTEGRAD_POOL_H
#define INTEGRAD_POOL_H

/* What a pool reads and writes: channels x in_height x in_width -> channels x height x width. Its
 * windows lie side by side; rows and columns that fill none are left over. */
struct integrad_pool {
    int channels, in_height, in_width, height, width, window_height, window_width;
};

#endif
