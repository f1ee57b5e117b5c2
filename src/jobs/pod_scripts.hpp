// What the two containers of a job's pod do, for any image with a POSIX shell: one runs the command, the other hands
// over what it made. After jobs/pod_manifest, which says what they are given.
#pragma once

namespace drover::jobs {

/// Arguments: the command ("" where it is the file `command` of the Secret), how many processes run it, the rank of
/// this node (0..), and the folders that are made below outputs/ beforehand. Its variables have names such as no user's
/// have: what is set here would else reach the command in place of what the user said.
///
/// It holds the pipe `end` open as long as it lives, so that the other container hears of its end, however it comes.
/// Signals go on to what it runs, which would else not get them: a shell that is process 1 waits in vain.
extern const char* const run_script;

/// Argument: the rank. What tar cannot take is named in lines of their own, and costs nothing else.
extern const char* const hand_over_script;

}  // namespace drover::jobs
