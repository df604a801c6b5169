/* Answers the CPUID instructions that patch.py took out of a program, as a processor without AVX-512 (and, unless OLDER_KEEPS_VNNI is
   set, without AVX-VNNI) would. To be preloaded; x86-64 Linux. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>

static int keeps_vnni;

/* The bits of leaf 7 are those of the Intel manual, volume 2A, table 3-17. */
static void forget(unsigned leaf, unsigned subleaf, unsigned *a, unsigned *b, unsigned *c, unsigned *d)
{
    if (leaf == 7 && subleaf == 0) {
        /* F, DQ, IFMA, PF, ER, CD, BW, VL */
        *b &= ~(1u << 16 | 1u << 17 | 1u << 21 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 30 | 1u << 31);
        /* VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ */
        *c &= ~(1u << 1 | 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14);
        /* 4VNNIW, 4FMAPS, VP2INTERSECT, FP16, AMX */
        *d &= ~(1u << 2 | 1u << 3 | 1u << 8 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 25);
    }
    if (leaf == 7 && subleaf == 1) {
        /* BF16; AVX-VNNI */
        *a &= ~(1u << 5);
        if (!keeps_vnni) *a &= ~(1u << 4);
        /* AVX-VNNI-INT8, AVX-VNNI-INT16, AVX10 */
        *d &= ~(1u << 4 | 1u << 10 | 1u << 19);
    }
}

static void answer(int number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const unsigned char *at = (const unsigned char *)registers[REG_RIP];
    unsigned a, b, c, d, leaf = registers[REG_RAX], subleaf = registers[REG_RCX];
    (void)info;
    if (at[0] != 0x0f || at[1] != 0x0a) {
        signal(number, SIG_DFL);
        return;
    }
    __cpuid_count(leaf, subleaf, a, b, c, d);
    forget(leaf, subleaf, &a, &b, &c, &d);
    registers[REG_RAX] = a;
    registers[REG_RBX] = b;
    registers[REG_RCX] = c;
    registers[REG_RDX] = d;
    registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void begin(void)
{
    struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_NODEFER};
    keeps_vnni = getenv("OLDER_KEEPS_VNNI") != NULL;
    sigaction(SIGILL, &action, NULL);
}
