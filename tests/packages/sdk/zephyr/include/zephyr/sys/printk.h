/* What the sample uses of Zephyr. */
void printk(const char *format, ...);
