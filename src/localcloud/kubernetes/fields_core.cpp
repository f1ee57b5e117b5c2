// The fields of the core group, as Kubernetes 1.32 has them; field names and merge keys are
// those of its published OpenAPI. A line is a structure; a field is name:form with s text, i integer, n number,
// b boolean, q quantity, is integer or text, t time, j anything, [x] list, {x} map, X a structure; behind it !
// required, ~ retains keys, ^keys how a list merges (^ alone: as a set).
#include "localcloud/kubernetes/schema.hpp"

namespace drover::localcloud::kubernetes {

const char* const core_fields = R"(@io.k8s.api.core.v1
Affinity nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity
AttachedVolume devicePath:s! name:s!
Capabilities add:[s] drop:[s]
ClientIPConfig timeoutSeconds:i
ConfigMap apiVersion:s binaryData:{s} data:{s} immutable:b kind:s metadata:ObjectMeta
ConfigMapEnvSource name:s optional:b
ConfigMapKeySelector key:s! name:s optional:b
ConfigMapProjection items:[KeyToPath] name:s optional:b
ConfigMapVolumeSource defaultMode:i items:[KeyToPath] name:s optional:b
Container args:[s] command:[s] env:[EnvVar]^name envFrom:[EnvFromSource] image:s imagePullPolicy:s lifecycle:Lifecycle livenessProbe:Probe name:s! ports:[ContainerPort]^containerPort,protocol readinessProbe:Probe resources:ResourceRequirements securityContext:SecurityContext startupProbe:Probe stdin:b stdinOnce:b terminationMessagePath:s terminationMessagePolicy:s tty:b volumeDevices:[VolumeDevice]^devicePath volumeMounts:[VolumeMount]^mountPath workingDir:s resizePolicy:[ContainerResizePolicy] restartPolicy:s
ContainerImage names:[s]! sizeBytes:i
ContainerPort containerPort:i! hostIP:s hostPort:i name:s protocol:s
ContainerState running:ContainerStateRunning terminated:ContainerStateTerminated waiting:ContainerStateWaiting
ContainerStateRunning startedAt:t
ContainerStateTerminated containerID:s exitCode:i! finishedAt:t message:s reason:s signal:i startedAt:t
ContainerStateWaiting message:s reason:s
ContainerStatus containerID:s image:s! imageID:s! lastState:ContainerState name:s! ready:b! restartCount:i! started:b state:ContainerState allocatedResources:{q} resources:ResourceRequirements volumeMounts:[j]
DaemonEndpoint Port:i!
DownwardAPIProjection items:[DownwardAPIVolumeFile]
DownwardAPIVolumeFile fieldRef:ObjectFieldSelector mode:i path:s! resourceFieldRef:ResourceFieldSelector
DownwardAPIVolumeSource defaultMode:i items:[DownwardAPIVolumeFile]
EmptyDirVolumeSource medium:s sizeLimit:q
EnvFromSource configMapRef:ConfigMapEnvSource prefix:s secretRef:SecretEnvSource
EnvVar name:s! value:s valueFrom:EnvVarSource
EnvVarSource configMapKeyRef:ConfigMapKeySelector fieldRef:ObjectFieldSelector resourceFieldRef:ResourceFieldSelector secretKeyRef:SecretKeySelector
EphemeralContainer args:[s] command:[s] env:[EnvVar]^name envFrom:[EnvFromSource] image:s imagePullPolicy:s lifecycle:Lifecycle livenessProbe:Probe name:s! ports:[ContainerPort] readinessProbe:Probe resources:ResourceRequirements securityContext:SecurityContext startupProbe:Probe stdin:b stdinOnce:b targetContainerName:s terminationMessagePath:s terminationMessagePolicy:s tty:b volumeDevices:[VolumeDevice]^devicePath volumeMounts:[VolumeMount]^mountPath workingDir:s resizePolicy:[ContainerResizePolicy] restartPolicy:s
Event action:s apiVersion:s count:i eventTime:t firstTimestamp:t involvedObject:ObjectReference! kind:s lastTimestamp:t message:s metadata:ObjectMeta! reason:s related:ObjectReference reportingComponent:s reportingInstance:s series:EventSeries source:EventSource type:s
EventSeries count:i lastObservedTime:t
EventSource component:s host:s
ExecAction command:[s]
HTTPGetAction host:s httpHeaders:[HTTPHeader] path:s port:is! scheme:s
HTTPHeader name:s! value:s!
LifecycleHandler exec:ExecAction httpGet:HTTPGetAction tcpSocket:TCPSocketAction sleep:SleepAction
HostAlias hostnames:[s] ip:s
HostPathVolumeSource path:s! type:s
KeyToPath key:s! mode:i path:s!
Lifecycle postStart:LifecycleHandler preStop:LifecycleHandler
LoadBalancerIngress hostname:s ip:s ports:[PortStatus] ipMode:s
LoadBalancerStatus ingress:[LoadBalancerIngress]
LocalObjectReference name:s
NFSVolumeSource path:s! readOnly:b server:s!
Namespace apiVersion:s kind:s metadata:ObjectMeta spec:NamespaceSpec status:NamespaceStatus
NamespaceCondition lastTransitionTime:t message:s reason:s status:s! type:s!
NamespaceSpec finalizers:[s]
NamespaceStatus conditions:[NamespaceCondition]^type phase:s
Node apiVersion:s kind:s metadata:ObjectMeta spec:NodeSpec status:NodeStatus
NodeAddress address:s! type:s!
NodeAffinity preferredDuringSchedulingIgnoredDuringExecution:[PreferredSchedulingTerm] requiredDuringSchedulingIgnoredDuringExecution:NodeSelector
NodeCondition lastHeartbeatTime:t lastTransitionTime:t message:s reason:s status:s! type:s!
NodeDaemonEndpoints kubeletEndpoint:DaemonEndpoint
NodeSelector nodeSelectorTerms:[NodeSelectorTerm]!
NodeSelectorRequirement key:s! operator:s! values:[s]
NodeSelectorTerm matchExpressions:[NodeSelectorRequirement] matchFields:[NodeSelectorRequirement]
NodeSpec configSource:j externalID:s podCIDR:s podCIDRs:[s]^ providerID:s taints:[Taint] unschedulable:b
NodeStatus addresses:[NodeAddress]^type allocatable:{q} capacity:{q} conditions:[NodeCondition]^type config:j daemonEndpoints:NodeDaemonEndpoints images:[ContainerImage] nodeInfo:NodeSystemInfo phase:s volumesAttached:[AttachedVolume] volumesInUse:[s] features:j runtimeHandlers:[j]
NodeSystemInfo architecture:s! bootID:s! containerRuntimeVersion:s! kernelVersion:s! kubeProxyVersion:s! kubeletVersion:s! machineID:s! operatingSystem:s! osImage:s! systemUUID:s!
ObjectFieldSelector apiVersion:s fieldPath:s!
ObjectReference apiVersion:s fieldPath:s kind:s name:s namespace:s resourceVersion:s uid:s
PersistentVolumeClaimVolumeSource claimName:s! readOnly:b
Pod apiVersion:s kind:s metadata:ObjectMeta spec:PodSpec status:PodStatus
PodAffinity preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm] requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
PodAffinityTerm labelSelector:LabelSelector namespaces:[s] topologyKey:s! namespaceSelector:LabelSelector matchLabelKeys:[s] mismatchLabelKeys:[s]
PodAntiAffinity preferredDuringSchedulingIgnoredDuringExecution:[WeightedPodAffinityTerm] requiredDuringSchedulingIgnoredDuringExecution:[PodAffinityTerm]
PodCondition lastProbeTime:t lastTransitionTime:t message:s reason:s status:s! type:s! observedGeneration:i
PodDNSConfig nameservers:[s] options:[PodDNSConfigOption] searches:[s]
PodDNSConfigOption name:s value:s
PodIP ip:s
PodReadinessGate conditionType:s!
PodSecurityContext fsGroup:i fsGroupChangePolicy:s runAsGroup:i runAsNonRoot:b runAsUser:i seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile supplementalGroups:[i] sysctls:[Sysctl] windowsOptions:WindowsSecurityContextOptions appArmorProfile:AppArmorProfile supplementalGroupsPolicy:s seLinuxChangePolicy:s
PodSpec activeDeadlineSeconds:i affinity:Affinity automountServiceAccountToken:b containers:[Container]^name! dnsConfig:PodDNSConfig dnsPolicy:s enableServiceLinks:b ephemeralContainers:[EphemeralContainer]^name hostAliases:[HostAlias]^ip hostIPC:b hostNetwork:b hostPID:b hostname:s imagePullSecrets:[LocalObjectReference]^name initContainers:[Container]^name nodeName:s nodeSelector:{s} overhead:{q} preemptionPolicy:s priority:i priorityClassName:s readinessGates:[PodReadinessGate] restartPolicy:s runtimeClassName:s schedulerName:s securityContext:PodSecurityContext serviceAccount:s serviceAccountName:s setHostnameAsFQDN:b shareProcessNamespace:b subdomain:s terminationGracePeriodSeconds:i tolerations:[Toleration] topologySpreadConstraints:[TopologySpreadConstraint]^topologyKey,whenUnsatisfiable volumes:[Volume]^name~ hostUsers:b os:PodOS schedulingGates:[PodSchedulingGate]^name resourceClaims:[j] resources:ResourceRequirements
PodStatus conditions:[PodCondition]^type containerStatuses:[ContainerStatus] ephemeralContainerStatuses:[ContainerStatus] hostIP:s initContainerStatuses:[ContainerStatus] message:s nominatedNodeName:s phase:s podIP:s podIPs:[PodIP]^ip qosClass:s reason:s startTime:t observedGeneration:i hostIPs:[HostIP]^ip resize:s resourceClaimStatuses:[j]
PodTemplateSpec metadata:ObjectMeta spec:PodSpec
PortStatus error:s port:i! protocol:s!
PreferredSchedulingTerm preference:NodeSelectorTerm! weight:i!
Probe exec:ExecAction failureThreshold:i httpGet:HTTPGetAction initialDelaySeconds:i periodSeconds:i successThreshold:i tcpSocket:TCPSocketAction timeoutSeconds:i grpc:GRPCAction terminationGracePeriodSeconds:i
ProjectedVolumeSource defaultMode:i sources:[VolumeProjection]
ResourceFieldSelector containerName:s divisor:q resource:s!
ResourceRequirements limits:{q} requests:{q} claims:[j]
SELinuxOptions level:s role:s type:s user:s
SeccompProfile localhostProfile:s type:s!
Secret apiVersion:s data:{s} immutable:b kind:s metadata:ObjectMeta stringData:{s} type:s
SecretEnvSource name:s optional:b
SecretKeySelector key:s! name:s optional:b
SecretProjection items:[KeyToPath] name:s optional:b
SecretVolumeSource defaultMode:i items:[KeyToPath] optional:b secretName:s
SecurityContext allowPrivilegeEscalation:b capabilities:Capabilities privileged:b procMount:s readOnlyRootFilesystem:b runAsGroup:i runAsNonRoot:b runAsUser:i seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile windowsOptions:WindowsSecurityContextOptions appArmorProfile:AppArmorProfile
Service apiVersion:s kind:s metadata:ObjectMeta spec:ServiceSpec status:ServiceStatus
ServiceAccount apiVersion:s automountServiceAccountToken:b imagePullSecrets:[LocalObjectReference] kind:s metadata:ObjectMeta secrets:[ObjectReference]^name
ServiceAccountTokenProjection audience:s expirationSeconds:i path:s!
ServicePort appProtocol:s name:s nodePort:i port:i! protocol:s targetPort:is
ServiceSpec allocateLoadBalancerNodePorts:b clusterIP:s clusterIPs:[s] externalIPs:[s] externalName:s externalTrafficPolicy:s healthCheckNodePort:i ipFamilies:[s] ipFamilyPolicy:s loadBalancerIP:s loadBalancerSourceRanges:[s] ports:[ServicePort]^port,protocol publishNotReadyAddresses:b selector:{s} sessionAffinity:s sessionAffinityConfig:SessionAffinityConfig topologyKeys:[s] type:s internalTrafficPolicy:s loadBalancerClass:s trafficDistribution:s
ServiceStatus conditions:[Condition]^type loadBalancer:LoadBalancerStatus
SessionAffinityConfig clientIP:ClientIPConfig
Sysctl name:s! value:s!
TCPSocketAction host:s port:is!
Taint effect:s! key:s! timeAdded:t value:s
Toleration effect:s key:s operator:s tolerationSeconds:i value:s
TopologySpreadConstraint labelSelector:LabelSelector maxSkew:i! topologyKey:s! whenUnsatisfiable:s! minDomains:i nodeAffinityPolicy:s nodeTaintsPolicy:s matchLabelKeys:[s]
Volume awsElasticBlockStore:j azureDisk:j azureFile:j cephfs:j cinder:j configMap:ConfigMapVolumeSource csi:j downwardAPI:DownwardAPIVolumeSource emptyDir:EmptyDirVolumeSource ephemeral:j fc:j flexVolume:j flocker:j gcePersistentDisk:j gitRepo:j glusterfs:j hostPath:HostPathVolumeSource iscsi:j name:s! nfs:NFSVolumeSource persistentVolumeClaim:PersistentVolumeClaimVolumeSource photonPersistentDisk:j portworxVolume:j projected:ProjectedVolumeSource quobyte:j rbd:j scaleIO:j secret:SecretVolumeSource storageos:j vsphereVolume:j image:j
VolumeDevice devicePath:s! name:s!
VolumeMount mountPath:s! mountPropagation:s name:s! readOnly:b subPath:s subPathExpr:s recursiveReadOnly:s
VolumeProjection configMap:ConfigMapProjection downwardAPI:DownwardAPIProjection secret:SecretProjection serviceAccountToken:ServiceAccountTokenProjection clusterTrustBundle:j
WeightedPodAffinityTerm podAffinityTerm:PodAffinityTerm! weight:i!
WindowsSecurityContextOptions gmsaCredentialSpec:s gmsaCredentialSpecName:s runAsUserName:s hostProcess:b
AppArmorProfile localhostProfile:s type:s!
ContainerResizePolicy resourceName:s! restartPolicy:s!
GRPCAction port:i! service:s
HostIP ip:s!
PodOS name:s!
PodSchedulingGate name:s!
SleepAction seconds:i!)";

}  // namespace drover::localcloud::kubernetes
