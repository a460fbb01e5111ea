//! How the sandboxed process confines itself before it opens the first file. It cannot undo any of this.
//!
//! Three layers: resource limits (memory, time, file size), Landlock (which files), and a seccomp filter (no sockets, no other
//! programs, no signals to others). A kernel that lacks one of the last two is reported; the limits and the list of drivers
//! always hold.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetStatus,
    Scope, path_beneath_rules,
};
use parcels::message;
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use super::SandboxLimits;
use crate::error::{Context as _, ErrorKind, Result};

/// Sets the limits that hold on every kernel. `threads` may use the processor at once.
pub(super) fn limit(limits: &SandboxLimits, threads: usize) -> Result<()> {
    let processor_s = limits.seconds.saturating_mul(threads as u64).saturating_add(1);
    for (resource, most) in [
        (Resource::As, mapped_bytes().saturating_add(limits.memory_bytes)),
        (Resource::Cpu, processor_s),
        (Resource::Fsize, limits.file_bytes),
        (Resource::Core, 0),
        (Resource::Nofile, 256),
    ] {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).context(ErrorKind::Unwritable, message!("limiting-reader"))?;
    }
    Ok(())
}

/// What the program has mapped before it reads anything: itself and its libraries.
fn mapped_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    // Where the system does not say, what the program takes with all its libraries.
    let pages = if pages == 0 { 256 << 8 } else { pages };
    pages.saturating_mul(rustix::param::page_size() as u64)
}

/// No more threads or processes than there are. A kernel counts all of a user's, so this is for the end of setting up.
pub(super) fn no_more_processes() -> Result<()> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Nproc, none).context(ErrorKind::Unwritable, message!("limiting-reader"))
}

/// Leaves the files in `readable`, what libraries need, and what lies in `writable`; and no connections. Says what the
/// kernel does not do of it.
pub(super) fn fence(readable: &Path, writable: &Path) -> Option<String> {
    let abi = ABI::V6;
    let set = || -> std::result::Result<RulesetStatus, landlock::RulesetError> {
        let status = Ruleset::default()
            .handle_access(AccessFs::from_all(abi))?
            .handle_access(AccessNet::from_all(abi))?
            .scope(Scope::from_all(abi))?
            .create()?
            .add_rules(path_beneath_rules(shared(), AccessFs::from_read(abi)))?
            .add_rules(path_beneath_rules([readable], AccessFs::ReadFile | AccessFs::ReadDir))?
            .add_rules(path_beneath_rules(
                [writable],
                (AccessFs::from_all(abi) & !AccessFs::Execute) & !AccessFs::IoctlDev,
            ))?
            .restrict_self()?;
        Ok(status.ruleset)
    };
    match set() {
        Ok(RulesetStatus::NotEnforced) => {
            Some("the kernel has no Landlock: which files are read is not limited".into())
        }
        Ok(RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced) => None,
        Err(why) => Some(format!("which files are read is not limited: {why}")),
    }
}

/// Libraries, their tables of coordinate systems, and where the environment says that these lie.
fn shared() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = ["/usr", "/lib", "/lib64"].map(PathBuf::from).to_vec();
    for name in DATA_FOLDERS {
        all.extend(std::env::var_os(name).iter().flat_map(std::env::split_paths));
    }
    all
}

/// Variables that say where libraries have their tables.
pub(super) const DATA_FOLDERS: [&str; 3] = ["PROJ_DATA", "PROJ_LIB", "GDAL_DATA"];

/// Lets no thread of this process open a connection, start a program or another thread, signal others or look into them.
/// Says what the kernel does not do of it.
pub(super) fn filter_calls() -> Option<String> {
    let apply = || -> std::result::Result<(), Box<dyn std::error::Error>> {
        let mut refused: BTreeMap<i64, Vec<SeccompRule>> =
            REFUSED.iter().map(|call| (*call, Vec::new())).collect();
        // A process may end itself, as `abort` does.
        let own = u64::from(std::process::id());
        let others = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, own)?;
        refused.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![others])?]);
        let filter = SeccompFilter::new(
            refused,
            SeccompAction::Allow,
            SeccompAction::Errno(libc::EPERM.unsigned_abs()),
            std::env::consts::ARCH.try_into()?,
        )?;
        let program: BpfProgram = filter.try_into()?;
        Ok(seccompiler::apply_filter_all_threads(&program)?)
    };
    apply().err().map(|why| format!("system calls are not limited: {why}"))
}

/// What reading files needs none of.
const REFUSED: &[i64] = &[
    // Connections.
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_io_uring_setup,
    // Programs and threads: all that are needed run already.
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_clone,
    libc::SYS_clone3,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    // Other processes.
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_setpriority,
    // The system.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_sethostname,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
];
