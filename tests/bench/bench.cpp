// Figures of whole commands beside those of peers, measured in the same run: bench DROVER EMPTY FOLDER [--short]
// --short: without peers, and with a failure where the cost of ten times as many resources has grown too much. Times
// are printed and never judged. CPU is user + system time of the child, memory its peak resident set, both from
// wait4(2).
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
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

/// So that no region's core quota is passed: 1,000 silos have ten cores each, and a family has 350 of them.
constexpr const char* regions[] = {
    "eastus",           "eastus2",      "centralus",     "southcentralus", "northcentralus", "westus",
    "westus2",          "westus3",      "westcentralus", "canadacentral",  "canadaeast",     "brazilsouth",
    "northeurope",      "westeurope",   "uksouth",       "ukwest",         "francecentral",  "germanywestcentral",
    "switzerlandnorth", "norwayeast",   "swedencentral", "southeastasia",  "eastasia",       "japaneast",
    "japanwest",        "koreacentral", "centralindia",  "southindia",     "australiaeast",  "australiasoutheast",
    "southafricanorth", "uaenorth"};

/// Silos of ten resources: group, storage account with three containers, vault, insights, cluster with two pools.
void write_estate(const std::string& path, int silos) {
  std::ofstream out(path);
  out << "estate: big\ncloud: local\naccounts:\n  main: {subscription: 10ca1000-0000-4000-8000-000000000002, "
         "tenant: 10ca1000-0000-4000-8000-000000000001, location: eastus}\n";
  const auto section = [&](const char* name, const char* prefix, const char* rest) {
    out << name << ":\n";
    for (int i = 0; i < silos; ++i) {
      char id[16];
      std::snprintf(id, sizeof id, "%05d", i);
      out << "  " << prefix << id << ": {group: rg" << id << ", location: " << regions[i % std::size(regions)] << rest
          << "}\n";
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

std::string first_bytes_of(const std::string& path) {
  std::ifstream file(path);
  std::string text(2000, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

/// What is measured is first seen to work.
void must(const Cost& cost, const std::string& what, const std::string& folder) {
  if (cost.exit_code == 0) return;
  std::printf("%s ended with exit code %d:\n%s\n", what.c_str(), cost.exit_code,
              first_bytes_of(folder + "/stderr.txt").c_str());
  std::exit(1);
}

/// Ten times the resources may cost so many times the CPU: 10 is linear, what sorts has a little more.
constexpr double growth_max = 12;
/// Single runs vary by a fifth; a quadratic part shows as 30 and more.
constexpr double growth_slack = 1.25;

/// False when it has grown too much.
bool print_growth(const std::string& what, const Cost& small, const Cost& large) {
  const double growth = large.cpu_s / small.cpu_s;
  row(what + ", 10,000 beside 1,000", text("%.1f x the CPU (%.3f s and %.2f s)", growth, small.cpu_s, large.cpu_s),
      text("at most %.0f x", growth_max), "");
  return growth <= growth_max * growth_slack;
}

/// Of several applies, each from nothing, the middle one by CPU; the last one's state stays.
Cost apply_anew(const std::string& drover, const std::string& folder, int times) {
  std::vector<Cost> all;
  for (int i = 0; i < times; ++i) {
    std::filesystem::remove_all(folder + "/.drover");
    all.push_back(run({drover, "apply", "--yes", "--speed", "zero"}, folder));
    must(all.back(), "drover apply", folder);
  }
  std::ranges::sort(all, {}, &Cost::cpu_s);
  return all[all.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const bool is_short = argc == 5 && std::string(argv[4]) == "--short";
  if (argc != 4 && !is_short) return 2;
  const std::string drover = argv[1], empty = argv[2], folder = argv[3];
  const std::string small = folder + "/small", big = folder + "/big";
  const std::string tf1k = folder + "/terraform-1k", tf10k = folder + "/terraform-10k";
  for (const auto& made : {folder, small, big, tf1k, tf10k}) mkdir(made.c_str(), 0755);
  unsetenv("DROVER_STATE");
  write_estate(small + "/estate.yaml", 100);
  write_estate(big + "/estate.yaml", 1000);
  row("what", "figure", "goal", "beside it");

  must(run({drover, "--version"}, folder), "drover --version", folder);
  must(run({empty}, folder), "the empty program", folder);
  const int starts = is_short ? 11 : 101;
  const Cost version = median({drover, "--version"}, folder, starts), nothing = median({empty}, folder, starts);
  row("start-up: drover --version", text("%.2f ms (empty: %.2f ms)", version.cpu_s * 1e3, nothing.cpu_s * 1e3),
      "2 ms over the empty one", text("%+.2f ms", (version.cpu_s - nothing.cpu_s) * 1e3));

  const Cost apply_small = apply_anew(drover, small, 3);
  const Cost apply = apply_anew(drover, big, 3);  // one run of it varies by a third
  row("apply 10,000 resources, local cloud, zero latency",
      text("%.2f s CPU (%.2f s wall), %.0f MB", apply.cpu_s, apply.wall_s, apply.peak_mb), "1.5 s CPU, 150 MB", "");
  must(run({drover, "plan", "--detailed-exitcode"}, small), "drover plan of 1,000, nothing to do", small);
  must(run({drover, "plan", "--detailed-exitcode"}, big), "drover plan of 10,000, nothing to do", big);
  const Cost plan_small = median({drover, "plan", "--detailed-exitcode"}, small, is_short ? 3 : 5);
  const Cost plan = median({drover, "plan", "--detailed-exitcode"}, big, is_short ? 3 : 5);
  row("plan, nothing to do, 10,000 resources",
      text("%.2f s CPU (%.2f s wall), %.0f MB", plan.cpu_s, plan.wall_s, plan.peak_mb), "0.5 s CPU", "");
  bool is_linear = print_growth("apply", apply_small, apply);
  is_linear = print_growth("plan", plan_small, plan) && is_linear;
  if (!is_linear) {
    std::printf("ten times the resources cost more than %.0f times the CPU\n", growth_max * growth_slack);
    return 1;
  }
  if (is_short) return 0;

  const std::string found = "command -v terraform >/dev/null 2>&1";
  if (std::system(found.c_str()) != 0) {
    row("terraform", "not on PATH: not measured", "", "");
    return 0;
  }
  setenv("CHECKPOINT_DISABLE", "1", 1);
  setenv("TF_CLI_CONFIG_FILE", "/dev/null", 1);
  write_terraform(tf1k + "/main.tf", 1000);
  must(run({"terraform", "init"}, tf1k), "terraform init", tf1k);
  const Cost tf_apply = run({"terraform", "apply", "-auto-approve", "-no-color"}, tf1k);
  must(tf_apply, "terraform apply of 1,000", tf1k);
  row("terraform apply, 1,000 terraform_data",
      text("%.1f s CPU (%.1f s wall), %.0f MB", tf_apply.cpu_s, tf_apply.wall_s, tf_apply.peak_mb), "",
      text("%.0f x our CPU for a tenth of the resources", tf_apply.cpu_s / apply.cpu_s));
  write_terraform(tf10k + "/main.tf", 10000);
  write_terraform_state(tf10k + "/terraform.tfstate", 10000);
  must(run({"terraform", "init"}, tf10k), "terraform init", tf10k);
  const Cost tf_plan = run({"terraform", "plan", "-detailed-exitcode", "-no-color"}, tf10k);
  must(tf_plan, "terraform plan of 10,000 (0 = it believes the state that we wrote)", tf10k);
  row("terraform plan, nothing to do, 10,000",
      text("%.1f s CPU (%.1f s wall), %.0f MB", tf_plan.cpu_s, tf_plan.wall_s, tf_plan.peak_mb), "",
      text("%.0f x our CPU, %.0f x our memory", tf_plan.cpu_s / plan.cpu_s, tf_plan.peak_mb / plan.peak_mb));
  return 0;
}
