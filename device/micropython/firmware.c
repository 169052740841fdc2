/* MicroPython on an emulated board, instead of the port's own main program: with a file system that
 * survives a soft reset, boot.py and main.py, a module whose calls delimit what the emulator
 * counts, and a prompt that does not keep a processor of the host busy.
 *
 * HEAP_ADDRESS and HEAP_BYTES, FILES_ADDRESS and FILES_BYTES: memory that the linker script does
 * not use.
 */
#include "py/builtin.h"
#include "py/compile.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stackctrl.h"
#include "shared/runtime/pyexec.h"

#include "../region.h"
#include "uart.h"

enum { STACK_LIMIT = 32 * 1024 };

/* Polls without a character until the core sleeps between two of them. Those of a transfer follow
 * each other sooner. */
enum { PATIENCE = 100000 };

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

static const char boot[] =
    "import sys, uctypes, vfs\n"
    "class Blocks:\n"
    "    size = 4096\n"
    "    data = memoryview(uctypes.bytearray_at(" TEXT(FILES_ADDRESS) ", " TEXT(
        FILES_BYTES) "))\n"
                     "    def readblocks(self, block, to, offset=0):\n"
                     "        at = block * self.size + offset\n"
                     "        to[:] = self.data[at : at + len(to)]\n"
                     "    def writeblocks(self, block, data, offset=0):\n"
                     "        at = block * self.size + offset\n"
                     "        self.data[at : at + len(data)] = data\n"
                     "    def ioctl(self, request, block):\n"
                     "        return {4: len(self.data) // self.size, 5: self.size}.get(request, "
                     "0)\n"
                     "try:\n"
                     "    vfs.mount(vfs.VfsLfs2(Blocks()), '/')\n"
                     "except OSError:\n"
                     "    vfs.VfsLfs2.mkfs(Blocks())\n"
                     "    vfs.mount(vfs.VfsLfs2(Blocks()), '/')\n"
                     "sys.path.append('/lib')\n"
                     "del Blocks, sys, uctypes, vfs\n";

static void run_boot(void) {
    nlr_buf_t raised;
    if (nlr_push(&raised) == 0) {
        mp_lexer_t *const lexer =
            mp_lexer_new_from_str_len(MP_QSTR__lt_stdin_gt_, boot, sizeof boot - 1, 0);
        const qstr name = lexer->source_name;
        mp_parse_tree_t tree = mp_parse(lexer, MP_PARSE_FILE_INPUT);
        mp_call_function_0(mp_compile(&tree, name, false));
        nlr_pop();
    } else {
        mp_obj_print_exception(&mp_plat_print, MP_OBJ_FROM_PTR(raised.ret_val));
    }
}

int main(int argc, char **argv) {
    (void)argc, (void)argv;
    mp_stack_ctrl_init();
    mp_stack_set_limit(STACK_LIMIT);
    for (;;) {
        gc_init((void *)HEAP_ADDRESS, (void *)(HEAP_ADDRESS + HEAP_BYTES));
        mp_init();
        run_boot();
        pyexec_file_if_exists("boot.py");
        if (pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL) {
            pyexec_file_if_exists("main.py");
        }
        while ((pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl()
                                                         : pyexec_friendly_repl()) == 0) {
        }
        mp_printf(&mp_plat_print, "MPY: soft reboot\n");
        gc_sweep_all();
        mp_deinit();
    }
}

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xE000E010U)
#define SYSTICK_RELOAD (*(volatile uint32_t *)0xE000E014U)
#define SYSTICK_VALUE (*(volatile uint32_t *)0xE000E018U)
#define INTERRUPT_CONTROL (*(volatile uint32_t *)0xE000ED04U)

/* A pending interrupt ends the sleep although interrupts are disabled, so that no handler is
 * called. */
static void sleep_a_millisecond(void) {
    enum { CYCLES = 25000, ENABLE = 7, CLEAR_PENDING = 1 << 25 };
    __asm volatile("cpsid i" ::: "memory");
    SYSTICK_RELOAD = CYCLES - 1;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = ENABLE;
    __asm volatile("wfi" ::: "memory");
    SYSTICK_CONTROL = 0;
    INTERRUPT_CONTROL = CLEAR_PENDING;
    __asm volatile("cpsie i" ::: "memory");
}

#else

static void sleep_a_millisecond(void) {
}

#endif

int mp_hal_stdin_rx_chr(void) {
    for (int polls = 0;; polls++) {
        const int character = uart_rx_chr();
        if (character >= 0) {
            return character;
        }
        if (polls == PATIENCE) {
            sleep_a_millisecond();
            polls--;
        }
    }
}

/* Files have no time, since the board has no clock. */
uint64_t mp_hal_time_ns(void) {
    return 0;
}

/* region.begin(), region.end() */
static mp_obj_t begin(void) {
    integrad_region_begin();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(begin_object, begin);

static mp_obj_t end(void) {
    integrad_region_end();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(end_object, end);

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_region)},
    {MP_ROM_QSTR(MP_QSTR_begin), MP_ROM_PTR(&begin_object)},
    {MP_ROM_QSTR(MP_QSTR_end), MP_ROM_PTR(&end_object)},
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t region_module = {
    .base = {&mp_type_module},
    .globals = (mp_obj_dict_t *)&globals,
};

MP_REGISTER_MODULE(MP_QSTR_region, region_module);
