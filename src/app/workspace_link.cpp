#include "app/workspace_link.hpp"

#include "app/local_world.hpp"
#include "model/arm_id.hpp"

namespace drover::app {
namespace {

control::AzuremlPlace place_of(control::AzuremlPlace place, const WorkspaceAccess& access, const WorkspaceWay& way) {
  const bool is_local = way.world != nullptr;
  place.workspace = std::string(arm_id::name_of(access.id));
  place.takes_host = is_local || !way.endpoints.resource_manager.ends_with(".azure.com");
  place.pace = is_local ? way.world->speed() : 1;
  return place;
}

}  // namespace

struct WorkspaceLink::Parts {
  WorkspaceWay way;
  std::unique_ptr<control::AzuremlRunner> runner;

  Parts(const WorkspaceAccess& access, std::shared_ptr<LocalWorld> world, const Environment& environment)
      : way(access, std::move(world), environment) {}
};

WorkspaceLink::WorkspaceLink(const WorkspaceAccess& access, const std::string& compute, control::AzuremlPlace place,
                             std::shared_ptr<LocalWorld> world, const Environment& environment, Folders& folders)
    : parts_(std::make_unique<Parts>(access, std::move(world), environment)) {
  WorkspaceWay& way = parts_->way;
  place = place_of(std::move(place), access, way);
  place.compute = compute;
  parts_->runner = std::make_unique<control::AzuremlRunner>(way.workspace, way.blobs, way.flows, folders,
                                                            way.real_clock, std::move(place));
}

WorkspaceLink::~WorkspaceLink() = default;

control::Runner& WorkspaceLink::runner() { return *parts_->runner; }

}  // namespace drover::app
