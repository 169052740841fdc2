/* Uses the FPU, as a compiler may do to keep integers in its registers. */
#include "transport.h"

int main(void) {
    uint32_t value;
    if (integrad_read(&value, sizeof value) != 0) {
        return 1;
    }
#if defined(__ARM_FP)
    __asm__ volatile("vmov s16, %0\n\t"
                     "vmov.f32 s17, s16\n\t"
                     "vmov %0, s17"
                     : "+r"(value)
                     :
                     : "s16", "s17");
#endif
    return integrad_write(&value, sizeof value) == 0 ? 0 : 2;
}
