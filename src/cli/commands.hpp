#pragma once
// Every command's registration; each is defined in cmd_<name>.cpp.

namespace CLI {
class App;
}

namespace mhub::cli {

class Context;

void add_init(CLI::App& app, Context& context);
void add_clone(CLI::App& app, Context& context);
void add_add(CLI::App& app, Context& context);
void add_rm(CLI::App& app, Context& context);
void add_status(CLI::App& app, Context& context);
void add_diff(CLI::App& app, Context& context);
void add_commit(CLI::App& app, Context& context);
void add_log(CLI::App& app, Context& context);
void add_show(CLI::App& app, Context& context);
void add_restore(CLI::App& app, Context& context);
void add_switch(CLI::App& app, Context& context);
void add_branch(CLI::App& app, Context& context);
void add_tag(CLI::App& app, Context& context);
void add_merge(CLI::App& app, Context& context);
void add_fetch(CLI::App& app, Context& context);
void add_pull(CLI::App& app, Context& context);
void add_push(CLI::App& app, Context& context);
void add_remote(CLI::App& app, Context& context);
void add_track(CLI::App& app, Context& context);
void add_untrack(CLI::App& app, Context& context);
void add_ls_files(CLI::App& app, Context& context);
void add_fsck(CLI::App& app, Context& context);
void add_filter_process(CLI::App& app, Context& context);
void add_install(CLI::App& app, Context& context);
void add_prune(CLI::App& app, Context& context);
void add_stats(CLI::App& app, Context& context);
void add_login(CLI::App& app, Context& context);
void add_logout(CLI::App& app, Context& context);
void add_whoami(CLI::App& app, Context& context);
void add_repo(CLI::App& app, Context& context);
void add_discussion(CLI::App& app, Context& context);
void add_search(CLI::App& app, Context& context);
void add_download(CLI::App& app, Context& context);
void add_upload(CLI::App& app, Context& context);
void add_serve(CLI::App& app, Context& context);
void add_admin(CLI::App& app, Context& context);
void add_config(CLI::App& app, Context& context);
void add_help(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);
void add_version(CLI::App& app, Context& context);

}  // namespace mhub::cli
