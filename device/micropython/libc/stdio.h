/* See README.md. */
#ifndef INTEGRAD_STDIO_H
#define INTEGRAD_STDIO_H
#include <stdarg.h>
#include <stddef.h>
int printf(const char *format, ...);
int snprintf(char *to, size_t size, const char *format, ...);
int vsnprintf(char *to, size_t size, const char *format, va_list arguments);
int putchar(int character);
int puts(const char *text);
#define EOF (-1)
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#endif
