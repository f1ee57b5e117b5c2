#include "localcloud/ml/environments.hpp"

#include "base/text.hpp"
#include "localcloud/images.hpp"
#include "localcloud/world.hpp"

namespace drover::localcloud::ml {

std::string image_of(const World& world, const Json& properties) {
  const Resource* environment = world.find(to_lower(text_at(properties, {"environmentId"})));
  if (environment == nullptr) return "";
  return text_at(*parse_body(environment->body), {"properties", "image"});
}

std::string image_problem(const World& world, const Json& properties) {
  if (text_at(properties, {"distribution", "distributionType"}) == "TensorFlow")
    return "The distribution TensorFlow is not run by the local cloud: only PyTorch and Mpi.";
  const std::string id = text_at(properties, {"environmentId"});
  const Resource* environment = world.find(to_lower(id));
  if (environment == nullptr)
    return "The environment " + id + " is not in this world (registries are not part of the local cloud).";
  const Json body = *parse_body(environment->body);
  const std::string image = text_at(body, {"properties", "image"});
  if (image.empty()) return "The environment " + id + " has a build context, and the local cloud builds no images.";
  if (image != "host" && !is_image_reference(image))
    return "The image '" + printable(image) + "' is neither 'host', nor an image of a registry, nor oci:/LAYOUT:TAG.";
  if (!text_at(body, {"properties", "condaFile"}).empty())
    return "The conda file of the environment cannot be installed: the local cloud runs images as they are.";
  return "";
}

bool is_built(const World& world, const Json& properties) {
  const Resource* environment = world.find(to_lower(text_at(properties, {"environmentId"})));
  if (environment == nullptr) return true;
  const Json body = *parse_body(environment->body);
  return text_at(body, {"properties", "condaFile"}).empty() && at(body, {"properties", "build"}) == nullptr;
}

}  // namespace drover::localcloud::ml
