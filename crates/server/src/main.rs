//! The `dunlin` command.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: dunlin_allocator::Allocator = dunlin_allocator::Allocator;

fn main() -> ExitCode {
    dunlin_allocator::use_small_pages();
    dunlin_server::run_command_line()
}
