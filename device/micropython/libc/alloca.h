/* See README.md. */
#ifndef INTEGRAD_ALLOCA_H
#define INTEGRAD_ALLOCA_H
#define alloca __builtin_alloca
#endif
