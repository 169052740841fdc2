#ifndef INTEGRAD_WINDOW_H
#define INTEGRAD_WINDOW_H

/* First and one past the last cell of a window at `origin` that lie on the map. */
static inline int integrad_window_first(int origin) {
    return origin < 0 ? -origin : 0;
}

static inline int integrad_window_end(int origin, int window, int size) {
    return origin + window > size ? size - origin : window;
}

#endif
