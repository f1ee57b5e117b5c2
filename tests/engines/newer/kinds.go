package main

// The kinds that are served: their types, their places in the store, and what their strategies do.

import (
	"encoding/json"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	policyv1beta1 "k8s.io/api/policy/v1beta1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metainternal "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/storage"
)

var (
	// Scheme has each type of v1 also as its own internal one: there is one version of each, so nothing to convert.
	Scheme         = runtime.NewScheme()
	Codecs         = serializer.NewCodecFactory(Scheme)
	parameters     = runtime.NewParameterCodec(Scheme)
	everything     = labels.Everything()
	nothingMore    = fields.Everything()
	servedVersions = []schema.GroupVersion{corev1.SchemeGroupVersion, batchv1.SchemeGroupVersion, appsv1.SchemeGroupVersion,
		policyv1.SchemeGroupVersion, coordinationv1.SchemeGroupVersion}
)

// kind is one resource with all that its storage needs.
type kind struct {
	version    schema.GroupVersion
	plural     string
	singular   string
	short      []string
	namespaced bool
	object     runtime.Object
	list       runtime.Object
	// Selectors of fields beside metadata.name and metadata.namespace: how each is read.
	fields func(runtime.Object) fields.Set
	strategy
}

var kinds = []kind{
	{version: corev1.SchemeGroupVersion, plural: "namespaces", singular: "namespace", short: []string{"ns"},
		object: &corev1.Namespace{}, list: &corev1.NamespaceList{}, strategy: strategy{create: prepareNamespace}},
	{version: corev1.SchemeGroupVersion, plural: "nodes", singular: "node", short: []string{"no"},
		object: &corev1.Node{}, list: &corev1.NodeList{},
		fields: func(object runtime.Object) fields.Set {
			if object.(*corev1.Node).Spec.Unschedulable {
				return fields.Set{"spec.unschedulable": "true"}
			}
			return fields.Set{"spec.unschedulable": "false"}
		}},
	{version: corev1.SchemeGroupVersion, plural: "pods", singular: "pod", short: []string{"po"}, namespaced: true,
		object: &corev1.Pod{}, list: &corev1.PodList{}, strategy: strategy{create: preparePod, validate: validatePod},
		fields: func(object runtime.Object) fields.Set {
			pod := object.(*corev1.Pod)
			return fields.Set{"spec.nodeName": pod.Spec.NodeName, "spec.restartPolicy": string(pod.Spec.RestartPolicy),
				"spec.schedulerName": pod.Spec.SchedulerName, "spec.serviceAccountName": pod.Spec.ServiceAccountName,
				"status.phase": string(pod.Status.Phase)}
		}},
	{version: corev1.SchemeGroupVersion, plural: "configmaps", singular: "configmap", short: []string{"cm"}, namespaced: true,
		object: &corev1.ConfigMap{}, list: &corev1.ConfigMapList{}},
	{version: corev1.SchemeGroupVersion, plural: "secrets", singular: "secret", namespaced: true,
		object: &corev1.Secret{}, list: &corev1.SecretList{},
		fields: func(object runtime.Object) fields.Set {
			return fields.Set{"type": string(object.(*corev1.Secret).Type)}
		}},
	{version: corev1.SchemeGroupVersion, plural: "serviceaccounts", singular: "serviceaccount", short: []string{"sa"}, namespaced: true,
		object: &corev1.ServiceAccount{}, list: &corev1.ServiceAccountList{}},
	{version: corev1.SchemeGroupVersion, plural: "events", singular: "event", short: []string{"ev"}, namespaced: true,
		object: &corev1.Event{}, list: &corev1.EventList{},
		fields: func(object runtime.Object) fields.Set {
			event := object.(*corev1.Event)
			about := event.InvolvedObject
			return fields.Set{"involvedObject.kind": about.Kind, "involvedObject.namespace": about.Namespace,
				"involvedObject.name": about.Name, "involvedObject.uid": string(about.UID),
				"involvedObject.apiVersion": about.APIVersion, "involvedObject.resourceVersion": about.ResourceVersion,
				"involvedObject.fieldPath": about.FieldPath, "reason": event.Reason, "type": event.Type,
				"reportingComponent": event.ReportingController, "source": event.Source.Component}
		}},
	{version: batchv1.SchemeGroupVersion, plural: "jobs", singular: "job", namespaced: true,
		object: &batchv1.Job{}, list: &batchv1.JobList{},
		strategy: strategy{create: prepareJob, validate: validateJob, orphans: true}},
	{version: appsv1.SchemeGroupVersion, plural: "deployments", singular: "deployment", short: []string{"deploy"}, namespaced: true,
		object: &appsv1.Deployment{}, list: &appsv1.DeploymentList{}},
	{version: appsv1.SchemeGroupVersion, plural: "replicasets", singular: "replicaset", short: []string{"rs"}, namespaced: true,
		object: &appsv1.ReplicaSet{}, list: &appsv1.ReplicaSetList{}},
	{version: appsv1.SchemeGroupVersion, plural: "daemonsets", singular: "daemonset", short: []string{"ds"}, namespaced: true,
		object: &appsv1.DaemonSet{}, list: &appsv1.DaemonSetList{}},
	{version: policyv1.SchemeGroupVersion, plural: "poddisruptionbudgets", singular: "poddisruptionbudget", short: []string{"pdb"},
		namespaced: true, object: &policyv1.PodDisruptionBudget{}, list: &policyv1.PodDisruptionBudgetList{}},
	{version: coordinationv1.SchemeGroupVersion, plural: "leases", singular: "lease", namespaced: true,
		object: &coordinationv1.Lease{}, list: &coordinationv1.LeaseList{}},
}

func init() {
	metav1.AddToGroupVersion(Scheme, schema.GroupVersion{Version: "v1"})
	must(metainternal.AddToScheme(Scheme))
	Scheme.AddUnversionedTypes(schema.GroupVersion{Version: "v1"}, &metav1.Status{}, &metav1.APIVersions{}, &metav1.APIGroupList{},
		&metav1.APIGroup{}, &metav1.APIResourceList{})
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, batchv1.AddToScheme, appsv1.AddToScheme, policyv1.AddToScheme,
		coordinationv1.AddToScheme} {
		must(add(Scheme))
	}
	for _, version := range servedVersions {
		internal := schema.GroupVersion{Group: version.Group, Version: runtime.APIVersionInternal}
		for name, each := range Scheme.KnownTypes(version) {
			if Scheme.Recognizes(internal.WithKind(name)) {
				continue
			}
			made, err := Scheme.New(version.WithKind(name))
			must(err)
			if each.PkgPath() != "k8s.io/apimachinery/pkg/apis/meta/v1" {
				Scheme.AddKnownTypeWithName(internal.WithKind(name), made)
			}
		}
		must(Scheme.SetVersionPriority(version))
	}
	addStoredBudgets()
	addParameters()
	addDefaults()
	for _, each := range kinds {
		read := each.fields
		if read == nil {
			continue
		}
		known := read(each.object.DeepCopyObject())
		gvks, _, err := Scheme.ObjectKinds(each.object)
		must(err)
		must(Scheme.AddFieldLabelConversionFunc(each.version.WithKind(gvks[0].Kind), func(label, value string) (string, string, error) {
			if _, ok := known[label]; ok {
				return label, value, nil
			}
			return runtime.DefaultMetaV1FieldSelectorConversion(label, value)
		}))
	}
}

// Budgets lie in the store as policy/v1beta1, the one version that 1.20.2 can read; their fields are the same.
func addStoredBudgets() {
	gv := policyv1beta1.SchemeGroupVersion
	Scheme.AddKnownTypes(gv, &policyv1beta1.PodDisruptionBudget{})
	through := func(from, to any) error {
		text, err := json.Marshal(from)
		if err != nil {
			return err
		}
		return json.Unmarshal(text, to)
	}
	must(Scheme.AddConversionFunc((*policyv1beta1.PodDisruptionBudget)(nil), (*policyv1.PodDisruptionBudget)(nil),
		func(from, to any, _ conversion.Scope) error { return through(from, to) }))
	must(Scheme.AddConversionFunc((*policyv1.PodDisruptionBudget)(nil), (*policyv1beta1.PodDisruptionBudget)(nil),
		func(from, to any, _ conversion.Scope) error { return through(from, to) }))
}

// storageOf is a resource as it is served: the library's store under our table's names.
type storageOf struct {
	*registry.Store
	short []string
}

func (s storageOf) ShortNames() []string { return s.short }

// statusStorage is the status of a resource: of all that its store can do, reading and changing.
type statusStorage struct {
	rest.Getter
	rest.Updater
	rest.TableConvertor
	store *registry.Store
}

func (s statusStorage) New() runtime.Object { return s.store.New() }
func (s statusStorage) Destroy()            {} // the resource's own storage is

func statusStorageOf(store *registry.Store) statusStorage {
	own, of := *store, store.UpdateStrategy.(strategy)
	of.ofStatus = true
	own.UpdateStrategy = of
	return statusStorage{Getter: &own, Updater: &own, TableConvertor: &own, store: &own}
}

func (k kind) makeStore(options generic.RESTOptionsGetter) (*registry.Store, error) {
	strategy := k.strategy
	strategy.ObjectTyper, strategy.namespaced = Scheme, k.namespaced
	attributes := func(object runtime.Object) (labels.Set, fields.Set, error) {
		accessor, err := meta.Accessor(object)
		if err != nil {
			return nil, nil, err
		}
		set := fields.Set{"metadata.name": accessor.GetName()}
		if k.namespaced {
			set["metadata.namespace"] = accessor.GetNamespace()
		}
		if k.fields != nil {
			for name, value := range k.fields(object) {
				set[name] = value
			}
		}
		return accessor.GetLabels(), set, nil
	}
	resource := schema.GroupResource{Group: k.version.Group, Resource: k.plural}
	store := &registry.Store{
		NewFunc:     func() runtime.Object { return k.object.DeepCopyObject() },
		NewListFunc: func() runtime.Object { return k.list.DeepCopyObject() },
		PredicateFunc: func(label labels.Selector, field fields.Selector) storage.SelectionPredicate {
			return storage.SelectionPredicate{Label: label, Field: field, GetAttrs: attributes}
		},
		DefaultQualifiedResource:  resource,
		SingularQualifiedResource: schema.GroupResource{Group: k.version.Group, Resource: k.singular},
		CreateStrategy:            strategy,
		UpdateStrategy:            strategy,
		DeleteStrategy:            strategy,
		TableConvertor:            rest.NewDefaultTableConvertor(resource),
	}
	return store, store.CompleteWithOptions(&generic.StoreOptions{RESTOptions: options, AttrFunc: attributes})
}

// makeGroups is what is to be installed: the group of /api and those of /apis.
func makeGroups(options generic.RESTOptionsGetter, door *kubeletDoor) (*server.APIGroupInfo, []*server.APIGroupInfo, error) {
	byVersion := map[schema.GroupVersion]map[string]rest.Storage{}
	stores := map[string]*registry.Store{}
	for _, each := range kinds {
		store, err := each.makeStore(options)
		if err != nil {
			return nil, nil, err
		}
		stores[each.plural] = store
		if byVersion[each.version] == nil {
			byVersion[each.version] = map[string]rest.Storage{}
		}
		byVersion[each.version][each.plural] = storageOf{store, each.short}
		if hasStatus(each.object) {
			byVersion[each.version][each.plural+"/status"] = statusStorageOf(store)
		}
	}
	core := byVersion[corev1.SchemeGroupVersion]
	core["namespaces"] = namespaces{storageOf{stores["namespaces"], []string{"ns"}}}
	door.nodes, door.pods = stores["nodes"], stores["pods"]
	core["pods/log"] = podLog{door}
	for _, verb := range []string{"exec", "attach", "portforward"} {
		core["pods/"+verb] = podStream{door, verb}
	}
	core["pods/eviction"] = eviction{pods: stores["pods"], budgets: stores["poddisruptionbudgets"]}

	var legacy *server.APIGroupInfo
	var groups []*server.APIGroupInfo
	for _, version := range servedVersions {
		info := server.NewDefaultAPIGroupInfo(version.Group, Scheme, parameters, Codecs)
		info.PrioritizedVersions = []schema.GroupVersion{version} // not the versions that only the store knows
		info.VersionedResourcesStorageMap[version.Version] = byVersion[version]
		if version.Group == "" {
			legacy = &info
		} else {
			groups = append(groups, &info)
		}
	}
	return legacy, groups, nil
}

func isEstablished(definition *apiextensionsv1.CustomResourceDefinition) bool {
	for _, condition := range definition.Status.Conditions {
		if condition.Type == apiextensionsv1.Established && condition.Status == apiextensionsv1.ConditionTrue {
			return true
		}
	}
	return false
}
