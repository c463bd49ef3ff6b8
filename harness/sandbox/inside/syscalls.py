"""Numbers of the system calls that judged code may make: ``name:x86_64:aarch64``, a dash where a machine has none."""

#: Allowed with any argument: memory, time, threads, signals to itself, and files, which Landlock confines.
_FREE = """
read:0:63 write:1:64 readv:19:65 writev:20:66 pread64:17:67 pwrite64:18:68 preadv:295:69 pwritev:296:70 close:3:57
open:2:- openat:257:56 creat:85:- stat:4:- fstat:5:80 lstat:6:- newfstatat:262:79 statx:332:291 statfs:137:43
fstatfs:138:44 lseek:8:62 mmap:9:222 mprotect:10:226 munmap:11:215 mremap:25:216 madvise:28:233 brk:12:214
rt_sigaction:13:134 rt_sigprocmask:14:135 rt_sigreturn:15:139 rt_sigpending:127:136 rt_sigtimedwait:128:137
rt_sigsuspend:130:133 sigaltstack:131:132 access:21:- faccessat:269:48 pipe:22:- pipe2:293:59 select:23:-
pselect6:270:72 poll:7:- ppoll:271:73 sched_yield:24:124 sched_getaffinity:204:123 sched_getparam:143:121
sched_getscheduler:145:120 sched_get_priority_max:146:125 sched_get_priority_min:147:126 dup:32:23 dup2:33:-
dup3:292:24 pause:34:- nanosleep:35:101 clock_nanosleep:230:115 clock_gettime:228:113 clock_getres:229:114
gettimeofday:96:169 time:201:- times:100:153 getitimer:36:102 setitimer:38:103 alarm:37:- getpid:39:172
getppid:110:173 gettid:186:178 getuid:102:174 geteuid:107:175 getgid:104:176 getegid:108:177 getresuid:118:148
getresgid:120:150 getgroups:115:158 getpgrp:111:- getpgid:121:155 getsid:124:156 getcpu:309:168 uname:63:160
sysinfo:99:179 getrusage:98:165 getrlimit:97:163 setrlimit:160:164 flock:73:32 fsync:74:82 fdatasync:75:83
ftruncate:77:46 fallocate:285:47 getdents:78:- getdents64:217:61 getcwd:79:17 chdir:80:49 fchdir:81:50 rename:82:-
renameat:264:38 renameat2:316:276 mkdir:83:- mkdirat:258:34 rmdir:84:- unlink:87:- unlinkat:263:35 symlink:88:-
symlinkat:266:36 readlink:89:- readlinkat:267:78 umask:95:166 futex:202:98 set_tid_address:218:96
set_robust_list:273:99 restart_syscall:219:128 exit:60:93 exit_group:231:94 wait4:61:260 waitid:247:95
arch_prctl:158:- epoll_create:213:- epoll_create1:291:20 epoll_ctl:233:21 epoll_wait:232:- epoll_pwait:281:22
eventfd:284:- eventfd2:290:19 timerfd_create:283:85 timerfd_settime:286:86 timerfd_gettime:287:87
timer_create:222:107 timer_settime:223:110 timer_gettime:224:108 timer_delete:226:111 getrandom:318:278 rseq:334:293
membarrier:324:283 sendfile:40:71 copy_file_range:326:285 fadvise64:221:223 capget:125:90 recvfrom:45:207
getsockopt:55:209 getsockname:51:204 shutdown:48:210 mincore:27:232
"""
#: Allowed for some arguments; the filter says which.
_GUARDED = """
kill:62:129 tgkill:234:131 prctl:157:167 prlimit64:302:261 clone:56:220 ioctl:16:29 socketpair:53:199 sendto:44:206
execve:59:221 fcntl:72:25
"""
_COLUMNS = {"x86_64": 1, "aarch64": 2}
#: The kernel's name of each machine's calling convention (``AUDIT_ARCH_*``).
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def free_calls(machine: str) -> list[int]:
    """Numbers of the calls that are allowed as they are."""
    return list(_numbers(_FREE, machine).values())


def guarded_calls(machine: str) -> dict[str, int]:
    """Numbers by name of the calls whose arguments decide."""
    return _numbers(_GUARDED, machine)


def _numbers(table: str, machine: str) -> dict[str, int]:
    column = _COLUMNS[machine]
    rows = (word.split(":") for word in table.split())
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}
