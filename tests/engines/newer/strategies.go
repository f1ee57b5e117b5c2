package main

// What happens to an object between a request and the store, by kind: as the strategies, defaults and validation of
// k8s.io/kubernetes do it for what clients of jobs can see, and no further.

import (
	"context"
	"reflect"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/names"
	"k8s.io/utils/ptr"
)

// strategy is one for all kinds: status and spec are kept apart, changes of a spec are counted, and `create` does the rest.
type strategy struct {
	runtime.ObjectTyper
	namespaced bool
	ofStatus   bool
	orphans    bool // what it owns stays when it is deleted and nothing else is asked
	create     func(runtime.Object)
	validate   func(runtime.Object) field.ErrorList
}

func part(object runtime.Object, name string) reflect.Value {
	return reflect.ValueOf(object).Elem().FieldByName(name)
}
func hasStatus(object runtime.Object) bool { return part(object, "Status").IsValid() }
func copyPart(to, from runtime.Object, name string) {
	if target := part(to, name); target.IsValid() {
		target.Set(part(from, name))
	}
}

func (s strategy) GenerateName(base string) string {
	return names.SimpleNameGenerator.GenerateName(base)
}
func (s strategy) NamespaceScoped() bool          { return s.namespaced }
func (s strategy) AllowCreateOnUpdate() bool      { return false }
func (s strategy) AllowUnconditionalUpdate() bool { return true }
func (s strategy) Canonicalize(runtime.Object)    {}

func (s strategy) WarningsOnCreate(context.Context, runtime.Object) []string { return nil }
func (s strategy) WarningsOnUpdate(context.Context, runtime.Object, runtime.Object) []string {
	return nil
}

func (s strategy) PrepareForCreate(_ context.Context, object runtime.Object) {
	if status := part(object, "Status"); status.IsValid() {
		status.SetZero()
	}
	if part(object, "Spec").IsValid() {
		accessor, _ := meta.Accessor(object)
		accessor.SetGeneration(1)
	}
	if s.create != nil {
		s.create(object)
	}
	mergeStringData(object)
}

func (s strategy) PrepareForUpdate(_ context.Context, object, old runtime.Object) {
	if s.ofStatus {
		copyPart(object, old, "Spec")
		return
	}
	copyPart(object, old, "Status")
	mergeStringData(object)
	if spec := part(object, "Spec"); spec.IsValid() {
		now, _ := meta.Accessor(object)
		before, _ := meta.Accessor(old)
		now.SetGeneration(before.GetGeneration())
		if !reflect.DeepEqual(spec.Interface(), part(old, "Spec").Interface()) {
			now.SetGeneration(before.GetGeneration() + 1)
		}
	}
}

func (s strategy) Validate(_ context.Context, object runtime.Object) field.ErrorList {
	accessor, _ := meta.Accessor(object)
	all := apivalidation.ValidateObjectMetaAccessor(accessor, s.namespaced, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	if s.validate != nil {
		all = append(all, s.validate(object)...)
	}
	return all
}

func (s strategy) ValidateUpdate(ctx context.Context, object, old runtime.Object) field.ErrorList {
	now, _ := meta.Accessor(object)
	before, _ := meta.Accessor(old)
	all := apivalidation.ValidateObjectMetaAccessorUpdate(now, before, field.NewPath("metadata"))
	return append(all, s.Validate(ctx, object)...)
}

func (s strategy) DefaultGarbageCollectionPolicy(context.Context) rest.GarbageCollectionPolicy {
	if s.orphans {
		return rest.OrphanDependents
	}
	return rest.DeleteDependents
}

// CheckGracefulDelete gives pods the time that they ask for; whatever else there is goes at once.
func (s strategy) CheckGracefulDelete(_ context.Context, object runtime.Object, options *metav1.DeleteOptions) bool {
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return false
	}
	period := int64(0)
	switch {
	case options.GracePeriodSeconds != nil:
		period = *options.GracePeriodSeconds
	case pod.Spec.TerminationGracePeriodSeconds != nil:
		period = *pod.Spec.TerminationGracePeriodSeconds
	}
	if pod.Spec.NodeName == "" || pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded {
		period = 0 // nobody runs it
	} else if period < 0 {
		period = 1
	}
	options.GracePeriodSeconds = &period
	return true
}

func mergeStringData(object runtime.Object) {
	secret, ok := object.(*corev1.Secret)
	if !ok {
		return
	}
	for key, value := range secret.StringData {
		if secret.Data == nil {
			secret.Data = map[string][]byte{}
		}
		secret.Data[key] = []byte(value)
	}
	secret.StringData = nil
}

func prepareNamespace(object runtime.Object) {
	space := object.(*corev1.Namespace)
	space.Generation = 0
	space.Spec.Finalizers = []corev1.FinalizerName{corev1.FinalizerKubernetes}
	space.Status.Phase = corev1.NamespaceActive
	metav1.SetMetaDataLabel(&space.ObjectMeta, corev1.LabelMetadataName, space.Name)
}

func preparePod(object runtime.Object) {
	object.(*corev1.Pod).Status = corev1.PodStatus{Phase: corev1.PodPending, QOSClass: corev1.PodQOSBestEffort}
}

func prepareJob(object runtime.Object) {
	job := object.(*batchv1.Job)
	if job.Spec.ManualSelector != nil && *job.Spec.ManualSelector {
		return
	}
	template := &job.Spec.Template.ObjectMeta
	for _, label := range []string{"controller-uid", batchv1.ControllerUidLabel} {
		metav1.SetMetaDataLabel(template, label, string(job.UID))
	}
	for _, label := range []string{"job-name", batchv1.JobNameLabel} {
		metav1.SetMetaDataLabel(template, label, job.Name)
	}
	if job.Spec.Selector == nil {
		job.Spec.Selector = &metav1.LabelSelector{}
	}
	// As before 1.27: 1.20.2, which shares the store, refuses to change a Job with any other.
	job.Spec.Selector.MatchLabels = map[string]string{"controller-uid": string(job.UID)}
}

func validateContainers(spec corev1.PodSpec, path *field.Path) field.ErrorList {
	var all field.ErrorList
	if len(spec.Containers) == 0 {
		all = append(all, field.Required(path.Child("containers"), ""))
	}
	for i, each := range spec.Containers {
		if each.Name == "" {
			all = append(all, field.Required(path.Child("containers").Index(i).Child("name"), ""))
		}
		if each.Image == "" {
			all = append(all, field.Required(path.Child("containers").Index(i).Child("image"), ""))
		}
	}
	return all
}

func validatePod(object runtime.Object) field.ErrorList {
	return validateContainers(object.(*corev1.Pod).Spec, field.NewPath("spec"))
}

func validateJob(object runtime.Object) field.ErrorList {
	spec := object.(*batchv1.Job).Spec.Template.Spec
	path := field.NewPath("spec", "template", "spec")
	all := validateContainers(spec, path)
	if spec.RestartPolicy != corev1.RestartPolicyOnFailure && spec.RestartPolicy != corev1.RestartPolicyNever {
		all = append(all, field.Required(path.Child("restartPolicy"), "valid values: \"OnFailure\", \"Never\""))
	}
	return all
}

func fill[T any](where **T, value T) {
	if *where == nil {
		*where = &value
	}
}

func defaultPodSpec(spec *corev1.PodSpec) {
	if spec.RestartPolicy == "" {
		spec.RestartPolicy = corev1.RestartPolicyAlways
	}
	if spec.DNSPolicy == "" {
		spec.DNSPolicy = corev1.DNSClusterFirst
	}
	if spec.SchedulerName == "" {
		spec.SchedulerName = corev1.DefaultSchedulerName
	}
	fill(&spec.TerminationGracePeriodSeconds, corev1.DefaultTerminationGracePeriodSeconds)
	fill(&spec.EnableServiceLinks, corev1.DefaultEnableServiceLinks)
	fill(&spec.SecurityContext, corev1.PodSecurityContext{})
	for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			defaultContainer(&containers[i])
		}
	}
}

func defaultContainer(container *corev1.Container) {
	if container.TerminationMessagePath == "" {
		container.TerminationMessagePath = corev1.TerminationMessagePathDefault
	}
	if container.TerminationMessagePolicy == "" {
		container.TerminationMessagePolicy = corev1.TerminationMessageReadFile
	}
	if container.ImagePullPolicy == "" {
		container.ImagePullPolicy = corev1.PullIfNotPresent
	}
	for name, limit := range container.Resources.Limits {
		if container.Resources.Requests == nil {
			container.Resources.Requests = corev1.ResourceList{}
		}
		if _, asked := container.Resources.Requests[name]; !asked {
			container.Resources.Requests[name] = limit
		}
	}
	for i := range container.Env {
		if from := container.Env[i].ValueFrom; from != nil && from.FieldRef != nil && from.FieldRef.APIVersion == "" {
			from.FieldRef.APIVersion = "v1"
		}
	}
}

// addDefaults: they are seen when an object is read from a request or from the store.
func addDefaults() {
	Scheme.AddTypeDefaultingFunc(&corev1.Pod{}, func(object any) { defaultPodSpec(&object.(*corev1.Pod).Spec) })
	Scheme.AddTypeDefaultingFunc(&corev1.Secret{}, func(object any) {
		if secret := object.(*corev1.Secret); secret.Type == "" {
			secret.Type = corev1.SecretTypeOpaque
		}
	})
	Scheme.AddTypeDefaultingFunc(&batchv1.Job{}, func(object any) {
		spec := &object.(*batchv1.Job).Spec
		if spec.Completions == nil && spec.Parallelism == nil {
			spec.Completions = ptr.To[int32](1)
		}
		fill(&spec.Parallelism, 1)
		fill(&spec.BackoffLimit, 6)
		fill(&spec.CompletionMode, batchv1.NonIndexedCompletion)
		fill(&spec.Suspend, false)
		fill(&spec.ManualSelector, false)
		fill(&spec.PodReplacementPolicy, batchv1.TerminatingOrFailed)
		defaultPodSpec(&spec.Template.Spec)
	})
	Scheme.AddTypeDefaultingFunc(&appsv1.Deployment{}, func(object any) {
		spec := &object.(*appsv1.Deployment).Spec
		fill(&spec.Replicas, 1)
		fill(&spec.RevisionHistoryLimit, 10)
		fill(&spec.ProgressDeadlineSeconds, 600)
		if spec.Strategy.Type == "" {
			spec.Strategy.Type = appsv1.RollingUpdateDeploymentStrategyType
		}
		if spec.Strategy.Type == appsv1.RollingUpdateDeploymentStrategyType {
			fill(&spec.Strategy.RollingUpdate, appsv1.RollingUpdateDeployment{})
			fill(&spec.Strategy.RollingUpdate.MaxUnavailable, intstr.FromString("25%"))
			fill(&spec.Strategy.RollingUpdate.MaxSurge, intstr.FromString("25%"))
		}
		defaultPodSpec(&spec.Template.Spec)
	})
	Scheme.AddTypeDefaultingFunc(&appsv1.DaemonSet{}, func(object any) {
		spec := &object.(*appsv1.DaemonSet).Spec
		fill(&spec.RevisionHistoryLimit, 10)
		if spec.UpdateStrategy.Type == "" {
			spec.UpdateStrategy.Type = appsv1.RollingUpdateDaemonSetStrategyType
		}
		if spec.UpdateStrategy.Type == appsv1.RollingUpdateDaemonSetStrategyType {
			fill(&spec.UpdateStrategy.RollingUpdate, appsv1.RollingUpdateDaemonSet{})
			fill(&spec.UpdateStrategy.RollingUpdate.MaxUnavailable, intstr.FromInt32(1))
			fill(&spec.UpdateStrategy.RollingUpdate.MaxSurge, intstr.FromInt32(0))
		}
		defaultPodSpec(&spec.Template.Spec)
	})
}

// namespaces are not deleted but marked: the namespace controller empties them and takes them away.
type namespaces struct{ storageOf }

func (n namespaces) Delete(ctx context.Context, name string, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions) (runtime.Object, bool, error) {
	found, err := n.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, false, err
	}
	if wanted := options.Preconditions; wanted != nil && wanted.UID != nil && *wanted.UID != found.(*corev1.Namespace).UID {
		return nil, false, apierrors.NewConflict(corev1.Resource("namespaces"), name, storage.NewInvalidObjError(name, "its UID is another"))
	}
	key, err := n.KeyFunc(ctx, name)
	if err != nil {
		return nil, false, err
	}
	marked := &corev1.Namespace{}
	err = n.Storage.GuaranteedUpdate(ctx, key, marked, false, nil,
		storage.SimpleUpdate(func(existing runtime.Object) (runtime.Object, error) {
			if err := validate(ctx, existing); err != nil {
				return nil, err
			}
			space := existing.(*corev1.Namespace)
			if space.DeletionTimestamp.IsZero() {
				now := metav1.Now()
				space.DeletionTimestamp = &now
			}
			space.Status.Phase = corev1.NamespaceTerminating
			return space, nil
		}), len(options.DryRun) > 0, nil)
	return marked, false, err
}
