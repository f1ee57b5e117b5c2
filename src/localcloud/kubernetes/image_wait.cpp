// What a container that has no image yet says, in Kubernetes' words.
#include "localcloud/kubernetes/kubelet.hpp"

namespace drover::localcloud::kubernetes {

ImageWait wait_for_image(const ImageLook& look, const Json& container, std::string_view before) {
  if (look.is_pulling) return {};
  const std::string image = text_at(container, {"image"});
  const std::string quoted = "\"" + image + "\"";
  if (!is_image_reference(image)) {
    const std::string why = "Failed to apply default image tag " + quoted + ": couldn't parse image name " + quoted +
                            ": invalid reference format";
    return {"InvalidImageName", why, {{"InspectFailed", why}, {"Failed", "Error: InvalidImageName"}}};
  }
  if (text_at(container, {"imagePullPolicy"}) == "Never") {
    const std::string why = "Container image " + quoted + " is not present with pull policy of Never";
    return {"ErrImageNeverPull", why, {{"ErrImageNeverPull", why}, {"Failed", "Error: ErrImageNeverPull"}}};
  }
  if (before != "ErrImagePull" && before != "ImagePullBackOff")
    return {"ErrImagePull",
            look.problem,
            {{"Failed", "Failed to pull image " + quoted + ": " + look.problem}, {"Failed", "Error: ErrImagePull"}}};
  // Newer kubelets say why here as well, and whoever sees only this state wants to know.
  return {"ImagePullBackOff",
          "Back-off pulling image " + quoted + ": " + look.problem,
          {{"BackOff", "Back-off pulling image " + quoted}, {"Failed", "Error: ImagePullBackOff"}}};
}

}  // namespace drover::localcloud::kubernetes
