/* The cost of the system call itself, without the runtime: what AsymmetricBarrier.Heavy is compared with. */
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

long membarrier_loop(long iterations)
{
    long failures = 0;
    for (long i = 0; i < iterations; i++)
        if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0)
            failures++;
    return failures;
}
