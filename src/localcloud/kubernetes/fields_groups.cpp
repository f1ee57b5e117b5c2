// The fields of the named groups and of metadata, as Kubernetes 1.32 has them; field names and merge keys are
// those of its published OpenAPI. A line is a structure; a field is name:form with s text, i integer, n number,
// b boolean, q quantity, is integer or text, t time, j anything, [x] list, {x} map, X a structure; behind it !
// required, ~ retains keys, ^keys how a list merges (^ alone: as a set).
#include "localcloud/kubernetes/schema.hpp"

namespace drover::localcloud::kubernetes {

const char* const group_fields = R"(@io.k8s.api.coordination.v1
Lease apiVersion:s kind:s metadata:ObjectMeta spec:LeaseSpec
LeaseSpec acquireTime:t holderIdentity:s leaseDurationSeconds:i leaseTransitions:i renewTime:t preferredHolder:s strategy:s
@io.k8s.api.batch.v1
Job apiVersion:s kind:s metadata:ObjectMeta spec:JobSpec status:JobStatus
JobCondition lastProbeTime:t lastTransitionTime:t message:s reason:s status:s! type:s!
JobSpec activeDeadlineSeconds:i backoffLimit:i completions:i manualSelector:b parallelism:i selector:LabelSelector template:PodTemplateSpec! ttlSecondsAfterFinished:i completionMode:s suspend:b podFailurePolicy:PodFailurePolicy backoffLimitPerIndex:i maxFailedIndexes:i podReplacementPolicy:s managedBy:s successPolicy:j
JobStatus active:i completionTime:t conditions:[JobCondition]^type failed:i startTime:t succeeded:i completedIndexes:s failedIndexes:s ready:i terminating:i uncountedTerminatedPods:UncountedTerminatedPods
PodFailurePolicy rules:[PodFailurePolicyRule]!
PodFailurePolicyRule action:s! onExitCodes:PodFailurePolicyOnExitCodesRequirement onPodConditions:[PodFailurePolicyOnPodConditionsPattern]
PodFailurePolicyOnExitCodesRequirement containerName:s operator:s! values:[i]!
PodFailurePolicyOnPodConditionsPattern status:s type:s!
UncountedTerminatedPods failed:[s]^ succeeded:[s]^
@io.k8s.api.apps.v1
DaemonSet apiVersion:s kind:s metadata:ObjectMeta spec:DaemonSetSpec status:DaemonSetStatus
DaemonSetCondition lastTransitionTime:t message:s reason:s status:s! type:s!
DaemonSetSpec minReadySeconds:i revisionHistoryLimit:i selector:LabelSelector! template:PodTemplateSpec! updateStrategy:DaemonSetUpdateStrategy
DaemonSetStatus collisionCount:i conditions:[DaemonSetCondition]^type currentNumberScheduled:i! desiredNumberScheduled:i! numberAvailable:i numberMisscheduled:i! numberReady:i! numberUnavailable:i observedGeneration:i updatedNumberScheduled:i
DaemonSetUpdateStrategy rollingUpdate:RollingUpdateDaemonSet type:s
Deployment apiVersion:s kind:s metadata:ObjectMeta spec:DeploymentSpec status:DeploymentStatus
DeploymentCondition lastTransitionTime:t lastUpdateTime:t message:s reason:s status:s! type:s!
DeploymentSpec minReadySeconds:i paused:b progressDeadlineSeconds:i replicas:i revisionHistoryLimit:i selector:LabelSelector! strategy:DeploymentStrategy~ template:PodTemplateSpec!
DeploymentStatus availableReplicas:i collisionCount:i conditions:[DeploymentCondition]^type observedGeneration:i readyReplicas:i replicas:i unavailableReplicas:i updatedReplicas:i terminatingReplicas:i
DeploymentStrategy rollingUpdate:RollingUpdateDeployment type:s
ReplicaSet apiVersion:s kind:s metadata:ObjectMeta spec:ReplicaSetSpec status:ReplicaSetStatus
ReplicaSetCondition lastTransitionTime:t message:s reason:s status:s! type:s!
ReplicaSetSpec minReadySeconds:i replicas:i selector:LabelSelector! template:PodTemplateSpec
ReplicaSetStatus availableReplicas:i conditions:[ReplicaSetCondition]^type fullyLabeledReplicas:i observedGeneration:i readyReplicas:i replicas:i! terminatingReplicas:i
RollingUpdateDaemonSet maxUnavailable:is maxSurge:is
RollingUpdateDeployment maxSurge:is maxUnavailable:is
@io.k8s.api.policy.v1
PodDisruptionBudget apiVersion:s kind:s metadata:ObjectMeta spec:PodDisruptionBudgetSpec status:PodDisruptionBudgetStatus
PodDisruptionBudgetSpec maxUnavailable:is minAvailable:is selector:LabelSelector unhealthyPodEvictionPolicy:s
PodDisruptionBudgetStatus currentHealthy:i! desiredHealthy:i! disruptedPods:{t} disruptionsAllowed:i! expectedPods:i! observedGeneration:i conditions:[Condition]^type
Eviction apiVersion:s kind:s metadata:ObjectMeta deleteOptions:DeleteOptions
@io.k8s.api.autoscaling.v1
Scale apiVersion:s kind:s metadata:ObjectMeta spec:ScaleSpec status:ScaleStatus
ScaleSpec replicas:i
ScaleStatus replicas:i! selector:s
@io.k8s.apimachinery.pkg.apis.meta.v1
Condition lastTransitionTime:t! message:s! observedGeneration:i reason:s! status:s! type:s!
LabelSelector matchExpressions:[LabelSelectorRequirement] matchLabels:{s}
LabelSelectorRequirement key:s! operator:s! values:[s]
ManagedFieldsEntry apiVersion:s fieldsType:s fieldsV1:j manager:s operation:s time:t subresource:s
ObjectMeta annotations:{s} creationTimestamp:t deletionGracePeriodSeconds:i deletionTimestamp:t finalizers:[s]^ generateName:s generation:i labels:{s} managedFields:[ManagedFieldsEntry] name:s namespace:s ownerReferences:[OwnerReference]^uid resourceVersion:s selfLink:s uid:s
OwnerReference apiVersion:s! blockOwnerDeletion:b controller:b kind:s! name:s! uid:s!
DeleteOptions apiVersion:s kind:s gracePeriodSeconds:i propagationPolicy:s preconditions:Preconditions dryRun:[s] orphanDependents:b ignoreStoreReadErrorWithClusterBreakingPotential:b
Preconditions resourceVersion:s uid:s)";

}  // namespace drover::localcloud::kubernetes
