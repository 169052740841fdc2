/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INTEGRAD_WINDOW_H
#define INTEGRAD_WINDOW_H

/* The first cell of a window at `origin` that lies on the map, and one past the last. */
static inline int integrad_window_first(int origin) {
    return origin < 0 ? -origin : 0;
}

static inline int integrad_window_end(int origin, int window, int size) {
    return origin + window > size ? size - origin : window;
}

#endif
