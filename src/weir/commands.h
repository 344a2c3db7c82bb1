/* commands: the functions behind the rows of commands.c; each is in the file of its name. */
#pragma once

struct invocation;

int cmd_check(struct invocation *inv);
int cmd_collector(struct invocation *inv);
int cmd_exporter(struct invocation *inv);
int cmd_up(struct invocation *inv);
int cmd_completion(struct invocation *inv);
int cmd_decode(struct invocation *inv);
int cmd_help(struct invocation *inv);
int cmd_import(struct invocation *inv);
int cmd_query(struct invocation *inv);
int cmd_replay(struct invocation *inv);
int cmd_show_circuits(struct invocation *inv);
int cmd_show_exporters(struct invocation *inv);
int cmd_show_ledger(struct invocation *inv);
int cmd_show_memory(struct invocation *inv);
int cmd_show_names(struct invocation *inv);
int cmd_show_samplers(struct invocation *inv);
int cmd_show_segments(struct invocation *inv);
int cmd_workspace_compact(struct invocation *inv);
int cmd_show_templates(struct invocation *inv);
int cmd_version(struct invocation *inv);
int cmd_workspace_expire(struct invocation *inv);
int cmd_workspace_attach(struct invocation *inv);
int cmd_workspace_backup(struct invocation *inv);
int cmd_workspace_export(struct invocation *inv);
int cmd_workspace_repair(struct invocation *inv);
int cmd_workspace_restore(struct invocation *inv);
int cmd_workspace_verify(struct invocation *inv);
