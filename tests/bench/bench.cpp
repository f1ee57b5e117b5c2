// Figures of whole commands beside those of peers, measured in the same run: bench DROVER EMPTY FOLDER
// CPU is user + system time of the child, memory its peak resident set, both from wait4(2).
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace {

struct Cost {
  int exit_code = 0;
  double cpu_s = 0, wall_s = 0, peak_mb = 0;
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double now_s() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Cost run(const std::vector<std::string>& arguments, const std::string& folder) {
  const double began = now_s();
  const pid_t child = fork();
  if (child == 0) {
    if (chdir(folder.c_str()) != 0 || !freopen("/dev/null", "w", stdout) || !freopen("stderr.txt", "w", stderr))
      _exit(126);
    std::vector<char*> argv;
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, seconds(usage.ru_utime) + seconds(usage.ru_stime),
          now_s() - began, static_cast<double>(usage.ru_maxrss) / 1024};
}

/// The middle one of `times` runs, by CPU.
Cost median(const std::vector<std::string>& arguments, const std::string& folder, int times) {
  std::vector<Cost> all;
  for (int i = 0; i < times; ++i) all.push_back(run(arguments, folder));
  std::ranges::sort(all, {}, &Cost::cpu_s);
  return all[all.size() / 2];
}

/// 1,000 silos of ten resources: group, storage account with three containers, vault, insights, cluster with two pools.
void write_estate(const std::string& path, int silos) {
  std::ofstream out(path);
  out << "estate: big\ncloud: local\naccounts:\n  main: {subscription: 10ca1000-0000-4000-8000-000000000002, "
         "tenant: 10ca1000-0000-4000-8000-000000000001, location: eastus}\n";
  const auto section = [&](const char* name, const char* prefix, const char* rest) {
    out << name << ":\n";
    for (int i = 0; i < silos; ++i) {
      char id[16];
      std::snprintf(id, sizeof id, "%05d", i);
      out << "  " << prefix << id << ": {group: rg" << id << rest << "}\n";
    }
  };
  section("storage", "silo", ", containers: [data, models, logs]");
  section("vaults", "kv", "");
  section("insights", "ai", "");
  section("clusters", "aks",
          ", pools: {np1: {size: Standard_D2_v3}, np2: {size: Standard_D4_v3, mode: user, nodes: 2}}");
}

/// The two things that resource i of a silo-shaped graph needs: the one before it in its silo, and one of the
/// orchestrator (the first silo) or an earlier one of its own.
std::vector<int> needs_of(int i) {
  std::vector<int> needs;
  if (i % 10 != 0) needs.push_back(i - 1);
  if (i >= 10) needs.push_back(i % 10 >= 5 ? i - 2 : i % 10);
  return needs;
}

std::string input_of(int i) {
  const std::string n = std::to_string(i);
  return "{ name = \"r" + n + "\", location = \"eastus\", sku = \"Standard_LRS\", group = \"rg" +
         std::to_string(i / 10) + "\", tier = \"Free\" }";
}

void write_terraform(const std::string& path, int count) {
  std::ofstream out(path);
  for (int i = 0; i < count; ++i) {
    out << "resource \"terraform_data\" \"r" << i << "\" {\n  input = " << input_of(i) << "\n  depends_on = [";
    for (const int need : needs_of(i)) out << "terraform_data.r" << need << ",";
    out << "]\n}\n";
  }
}

/// What Terraform would have written after applying it, so that a no-op plan can be timed without the hour that this
/// takes.
void write_terraform_state(const std::string& path, int count) {
  std::ofstream out(path);
  out << R"({"version":4,"terraform_version":"1.11.4","serial":1,"lineage":"3f1c0a52-1f0e-4f7e-9d55-000000000001","outputs":{},"resources":[)";
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    const std::string value =
        R"({"value":{"group":"rg)" + std::to_string(i / 10) + R"(","location":"eastus","name":"r)" + n +
        R"(","sku":"Standard_LRS","tier":"Free"},"type":["object",{"group":"string","location":"string","name":"string","sku":"string","tier":"string"}]})";
    out << (i ? "," : "") << R"({"mode":"managed","type":"terraform_data","name":"r)" << n
        << R"(","provider":"provider[\"terraform.io/builtin/terraform\"]","instances":[{"schema_version":0,"attributes":{"id":"id-)"
        << n << R"(","input":)" << value << R"(,"output":)" << value
        << R"(,"triggers_replace":null},"sensitive_attributes":[],"dependencies":[)";
    bool first = true;
    for (const int need : needs_of(i)) {
      out << (first ? "" : ",") << "\"terraform_data.r" << need << "\"";
      first = false;
    }
    out << "]}]}";
  }
  out << "]}";
}

void row(const std::string& what, const std::string& figure, const std::string& goal, const std::string& peer) {
  std::printf("%-52s %-34s %-24s %s\n", what.c_str(), figure.c_str(), goal.c_str(), peer.c_str());
  std::fflush(stdout);
}

std::string text(const char* format, double a, double b = 0, double c = 0) {
  char buffer[128];
  std::snprintf(buffer, sizeof buffer, format, a, b, c);
  return buffer;
}

void must(const Cost& cost, const std::string& what, int expected = 0) {
  if (cost.exit_code == expected) return;
  std::printf("%s ended with exit code %d; its errors are in stderr.txt of its folder\n", what.c_str(), cost.exit_code);
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const std::string drover = argv[1], empty = argv[2], folder = argv[3];
  const std::string big = folder + "/big", tf1k = folder + "/terraform-1k", tf10k = folder + "/terraform-10k";
  for (const auto& made : {folder, big, tf1k, tf10k}) mkdir(made.c_str(), 0755);
  unsetenv("DROVER_STATE");
  write_estate(big + "/estate.yaml", 1000);
  row("what", "figure", "goal", "beside it");

  const Cost version = median({drover, "--version"}, folder, 101), nothing = median({empty}, folder, 101);
  row("start-up: drover --version", text("%.2f ms (empty: %.2f ms)", version.cpu_s * 1e3, nothing.cpu_s * 1e3),
      "2 ms over the empty one", text("%+.2f ms", (version.cpu_s - nothing.cpu_s) * 1e3));

  const Cost apply = run({drover, "apply", "--yes", "--speed", "zero"}, big);
  must(apply, "drover apply of 10,000");
  row("apply 10,000 resources, local cloud, zero latency",
      text("%.2f s CPU (%.2f s wall), %.0f MB", apply.cpu_s, apply.wall_s, apply.peak_mb), "2 s CPU, 150 MB", "");
  const Cost plan = median({drover, "plan", "--detailed-exitcode"}, big, 5);
  must(plan, "drover plan of 10,000");
  row("plan, nothing to do, 10,000 resources",
      text("%.2f s CPU (%.2f s wall), %.0f MB", plan.cpu_s, plan.wall_s, plan.peak_mb), "0.5 s CPU", "");

  const std::string found = "command -v terraform >/dev/null 2>&1";
  if (std::system(found.c_str()) != 0) {
    row("terraform", "not on PATH: not measured", "", "");
    return 0;
  }
  setenv("CHECKPOINT_DISABLE", "1", 1);
  setenv("TF_CLI_CONFIG_FILE", "/dev/null", 1);
  write_terraform(tf1k + "/main.tf", 1000);
  must(run({"terraform", "init"}, tf1k), "terraform init");
  const Cost tf_apply = run({"terraform", "apply", "-auto-approve", "-no-color"}, tf1k);
  must(tf_apply, "terraform apply of 1,000");
  row("terraform apply, 1,000 terraform_data",
      text("%.1f s CPU (%.1f s wall), %.0f MB", tf_apply.cpu_s, tf_apply.wall_s, tf_apply.peak_mb), "",
      text("%.0f x our CPU for a tenth of the resources", tf_apply.cpu_s / apply.cpu_s));
  write_terraform(tf10k + "/main.tf", 10000);
  write_terraform_state(tf10k + "/terraform.tfstate", 10000);
  must(run({"terraform", "init"}, tf10k), "terraform init");
  const Cost tf_plan = run({"terraform", "plan", "-detailed-exitcode", "-no-color"}, tf10k);
  must(tf_plan, "terraform plan of 10,000 (0 = it believes the state that we wrote)");
  row("terraform plan, nothing to do, 10,000",
      text("%.1f s CPU (%.1f s wall), %.0f MB", tf_plan.cpu_s, tf_plan.wall_s, tf_plan.peak_mb), "",
      text("%.0f x our CPU, %.0f x our memory", tf_plan.cpu_s / plan.cpu_s, tf_plan.peak_mb / plan.peak_mb));
  return 0;
}
