/* What device/store/memories/littlefs.c uses of littlefs. */
#include <stdint.h>

typedef uint32_t lfs_size_t;
typedef int32_t lfs_ssize_t, lfs_soff_t;
typedef struct lfs lfs_t;
typedef struct lfs_file lfs_file_t;
enum { LFS_SEEK_SET = 0 };

lfs_soff_t lfs_file_seek(lfs_t *lfs, lfs_file_t *file, lfs_soff_t offset, int whence);
lfs_ssize_t lfs_file_read(lfs_t *lfs, lfs_file_t *file, void *buffer, lfs_size_t size);
lfs_ssize_t lfs_file_write(lfs_t *lfs, lfs_file_t *file, const void *buffer, lfs_size_t size);
int lfs_file_sync(lfs_t *lfs, lfs_file_t *file);
