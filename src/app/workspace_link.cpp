#include "app/workspace_link.hpp"

#include "app/local_world.hpp"
#include "model/arm_id.hpp"

namespace drover::app {
namespace {

control::AzuremlPlace place_of(const WorkspaceAccess& access, const WorkspaceWay& way) {
  const bool is_local = way.world != nullptr;
  return {.workspace = std::string(arm_id::name_of(access.id)),
          .compute = "",
          .home = "",
          .takes_host = is_local || !way.endpoints.resource_manager.ends_with(".azure.com"),
          .pace = is_local ? way.world->speed() : 1};
}

}  // namespace

struct WorkspaceLink::Parts {
  WorkspaceWay way;
  std::unique_ptr<control::AzuremlRunner> runner;

  Parts(const WorkspaceAccess& access, std::shared_ptr<LocalWorld> world, const Environment& environment)
      : way(access, std::move(world), environment) {}
};

WorkspaceLink::WorkspaceLink(const WorkspaceAccess& access, const std::string& compute, const std::string& home,
                             std::string asleep, std::shared_ptr<LocalWorld> world, const Environment& environment,
                             Folders& folders)
    : parts_(std::make_unique<Parts>(access, std::move(world), environment)) {
  WorkspaceWay& way = parts_->way;
  control::AzuremlPlace place = place_of(access, way);
  place.compute = compute;
  place.home = home;
  place.asleep = std::move(asleep);
  parts_->runner = std::make_unique<control::AzuremlRunner>(way.workspace, way.blobs, way.flows, folders,
                                                            way.real_clock, std::move(place));
}

WorkspaceLink::~WorkspaceLink() = default;

control::Runner& WorkspaceLink::runner() { return *parts_->runner; }

}  // namespace drover::app
