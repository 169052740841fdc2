/* The number of a thread, with or without OpenMP. */
#ifndef INTEGRAD_THREADS_H
#define INTEGRAD_THREADS_H

#if defined(_OPENMP)
#include <omp.h>
#endif

static inline int this_thread(void) {
#if defined(_OPENMP)
    return omp_get_thread_num();
#else
    return 0;
#endif
}

#endif
