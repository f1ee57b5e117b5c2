// A newer API server over the store of the engine's own: Kubernetes' API server library and its whole
// apiextensions-apiserver, as Debian's unstable has them, serve core, batch, apps and policy/v1 to tests, while the parts of
// the engine (kubelets, scheduler, controllers) go on with the API server of 1.20.2, as in an upgrade of a control plane.
//
// Of Kubernetes' own code here: HTTP, negotiation, discovery (both forms), watch cache and bookmarks, lists by pages and
// streamed, patches, server-side apply, strict field validation, conflicts, preconditions, garbage collection's finalizers,
// custom resources, OpenAPI, logs and streams passed on to kubelets. Written here, since Debian has no k8s.io/kubernetes
// of that release: what strategies, defaults and validation of each kind do, as far as clients of jobs can see it.
package main

import (
	"context"
	"flag"
	"net"
	"os"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	policyv1beta1 "k8s.io/api/policy/v1beta1"
	extensions "k8s.io/apiextensions-apiserver/pkg/apiserver"
	extensionsoptions "k8s.io/apiextensions-apiserver/pkg/cmd/server/options"
	extensionsopenapi "k8s.io/apiextensions-apiserver/pkg/generated/openapi"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/initializer"
	"k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle"
	"k8s.io/apiserver/pkg/authentication/request/anonymous"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	"k8s.io/apiserver/pkg/authentication/request/union"
	"k8s.io/apiserver/pkg/authentication/request/x509"
	"k8s.io/apiserver/pkg/authentication/token/tokenfile"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	openapinamer "k8s.io/apiserver/pkg/endpoints/openapi"
	"k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/healthz"
	"k8s.io/apiserver/pkg/server/options"
	"k8s.io/apiserver/pkg/server/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/util/webhook"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/component-base/compatibility"
	"k8s.io/klog/v2"
	"k8s.io/kube-openapi/pkg/common"

	oteltrace "go.opentelemetry.io/otel/trace/noop"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionsv1beta1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1"

	"newer/openapi"
)

type settings struct {
	etcd, address, authority, certificate, key, kubeletCertificate, kubeletKey string
	port                                                                       int
}

func must(err error) {
	if err != nil {
		klog.Fatal(err)
	}
}

func main() {
	var s settings
	flag.StringVar(&s.etcd, "etcd", "", "URL of etcd")
	flag.StringVar(&s.address, "address", "", "address to listen on")
	flag.IntVar(&s.port, "port", 0, "port to listen on")
	flag.StringVar(&s.authority, "authority", "", "file of the cluster's certificate authority")
	flag.StringVar(&s.certificate, "certificate", "", "file of the server's certificate")
	flag.StringVar(&s.key, "key", "", "file of its key")
	flag.StringVar(&s.kubeletCertificate, "kubelet-certificate", "", "file of the certificate shown to kubelets")
	flag.StringVar(&s.kubeletKey, "kubelet-key", "", "file of its key")
	flag.Parse()
	if flag.NArg() != 0 {
		klog.Errorf("no words are taken beside options: %v", flag.Args())
		os.Exit(2)
	}
	must(serve(server.SetupSignalContext(), s))
}

// The store as the API server of 1.20.2 lays it out.
func makeStore(s settings) (*options.EtcdOptions, storage.StorageFactory) {
	etcd := options.NewEtcdOptions(storagebackend.NewDefaultConfig("/registry", nil))
	etcd.StorageConfig.Transport.ServerList = []string{s.etcd}
	encoding := storage.NewDefaultResourceEncodingConfig(Scheme)
	encoding.SetResourceEncoding(schema.GroupResource{Group: policyv1.GroupName, Resource: "poddisruptionbudgets"},
		policyv1beta1.SchemeGroupVersion, schema.GroupVersion{Group: policyv1.GroupName, Version: "__internal"})
	factory := storage.NewDefaultStorageFactory(etcd.StorageConfig, "application/vnd.kubernetes.protobuf", Codecs, encoding,
		resourcesServed(), map[schema.GroupResource]string{{Resource: "nodes"}: "minions"})
	return etcd, factory
}

func resourcesServed() *storage.ResourceConfig {
	served := storage.NewResourceConfig()
	served.EnableVersions(servedVersions...)
	return served
}

// Who shows a certificate of the cluster's authority is known: system:masters may do all, others nothing (there is no RBAC here).
func secure(config *server.Config, s settings) error {
	verify, err := x509.NewStaticVerifierFromFile(s.authority)
	if err != nil {
		return err
	}
	config.Authentication.Authenticator = union.New(
		x509.NewDynamic(verify, x509.CommonNameUserConversion),
		union.NewFailOnError(bearertoken.New(tokenfile.New(map[string]*user.DefaultInfo{})), anonymous.NewAuthenticator(nil)))
	config.Authorization.Authorizer = authorizer.AuthorizerFunc(
		func(_ context.Context, asked authorizer.Attributes) (authorizer.Decision, string, error) {
			groups := asked.GetUser().GetGroups()
			if sets.New(groups...).Has(user.SystemPrivilegedGroup) {
				return authorizer.DecisionAllow, "", nil
			}
			path := asked.GetPath()
			if !asked.IsResourceRequest() && (path == "/healthz" || path == "/readyz" || path == "/livez" || path == "/version") {
				return authorizer.DecisionAllow, "", nil
			}
			return authorizer.DecisionNoOpinion, "", nil
		})
	return nil
}

func definitions(ref common.ReferenceCallback) map[string]common.OpenAPIDefinition {
	all := extensionsopenapi.GetOpenAPIDefinitions(ref)
	for name, definition := range openapi.GetOpenAPIDefinitions(ref) {
		all[name] = definition
	}
	return all
}

func makeConfig(s settings, etcd *options.EtcdOptions, factory storage.StorageFactory) (*server.RecommendedConfig, error) {
	config := server.NewRecommendedConfig(Codecs)
	config.EffectiveVersion = compatibility.NewEffectiveVersionFromString("1.36.4", "", "")
	config.MergedResourceConfig = resourcesServed()
	namer := openapinamer.NewDefinitionNamer(Scheme, extensions.Scheme)
	config.OpenAPIConfig = server.DefaultOpenAPIConfig(definitions, namer)
	config.OpenAPIV3Config = server.DefaultOpenAPIV3Config(definitions, namer)
	config.OpenAPIConfig.Info.Title, config.OpenAPIV3Config.Info.Title = "Kubernetes", "Kubernetes"
	config.LongRunningFunc = isLongRunning
	if err := etcd.ApplyWithStorageFactoryTo(factory, &config.Config); err != nil {
		return nil, err
	}
	serving := options.NewSecureServingOptions().WithLoopback()
	serving.BindAddress, serving.BindPort = net.ParseIP(s.address), s.port
	serving.ServerCert.CertKey = options.CertKey{CertFile: s.certificate, KeyFile: s.key}
	if err := serving.ApplyToConfig(&config.Config); err != nil {
		return nil, err
	}
	authority, err := clientAuthority(s.authority)
	if err != nil {
		return nil, err
	}
	if err := config.Config.Authentication.ApplyClientCert(authority, config.SecureServing); err != nil {
		return nil, err
	}
	if err := secure(&config.Config, s); err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(config.LoopbackClientConfig)
	if err != nil {
		return nil, err
	}
	config.SharedInformerFactory = informers.NewSharedInformerFactory(client, 0)
	config.ClientConfig = config.LoopbackClientConfig
	admit, err := lifecycle.NewLifecycle(sets.New(metav1.NamespaceDefault, metav1.NamespaceSystem, metav1.NamespacePublic))
	if err != nil {
		return nil, err
	}
	initializer.New(client, nil, config.SharedInformerFactory, config.Authorization.Authorizer, config.FeatureGate,
		config.EffectiveVersion, config.DrainedNotify(), nil).Initialize(admit)
	config.AdmissionControl = admission.NewChainHandler(admit)
	return config, nil
}

func makeExtensions(config server.RecommendedConfig, etcd options.EtcdOptions) (*extensions.CustomResourceDefinitions, error) {
	config.PostStartHooks = map[string]server.PostStartHookConfigEntry{}
	config.HealthzChecks, config.LivezChecks, config.ReadyzChecks = nil, nil, []healthz.HealthChecker{}
	config.RESTOptionsGetter = nil
	config.MergedResourceConfig = extensions.DefaultAPIResourceConfigSource()
	etcd.StorageConfig.Codec = extensions.Codecs.LegacyCodec(apiextensionsv1beta1.SchemeGroupVersion, apiextensionsv1.SchemeGroupVersion)
	etcd.SkipHealthEndpoints = true
	if err := etcd.ApplyWithStorageFactoryTo(&options.SimpleStorageFactory{StorageConfig: etcd.StorageConfig}, &config.Config); err != nil {
		return nil, err
	}
	own := extensions.Config{
		GenericConfig: &config,
		ExtraConfig: extensions.ExtraConfig{
			CRDRESTOptionsGetter: extensionsoptions.NewCRDRESTOptionsGetter(etcd, nil, config.StorageObjectCountTracker),
			MasterCount:          1,
			AuthResolverWrapper: webhook.NewDefaultAuthenticationInfoResolverWrapper(nil, nil, config.LoopbackClientConfig,
				oteltrace.NewTracerProvider()),
		},
	}
	return own.Complete().New(server.NewEmptyDelegate())
}

// The list of groups at /apis knows custom ones through kube-aggregator elsewhere; Debian has none.
func announceGroups(core *server.GenericAPIServer, custom *extensions.CustomResourceDefinitions) {
	definitions := custom.Informers.Apiextensions().V1().CustomResourceDefinitions()
	announced := map[string]bool{} // only the informer's handler has it, one call at a time
	groups := func(any) {
		wanted := map[string]metav1.APIGroup{}
		list, _ := definitions.Lister().List(everything)
		for _, each := range list {
			if !isEstablished(each) {
				continue
			}
			group := wanted[each.Spec.Group]
			group.Name = each.Spec.Group
			for _, version := range each.Spec.Versions {
				known := metav1.GroupVersionForDiscovery{GroupVersion: each.Spec.Group + "/" + version.Name, Version: version.Name}
				if version.Served {
					group.Versions = append(group.Versions, known)
					group.PreferredVersion = known
				}
			}
			wanted[each.Spec.Group] = group
		}
		for name := range announced {
			if _, stays := wanted[name]; !stays {
				core.DiscoveryGroupManager.RemoveGroup(name)
				delete(announced, name)
			}
		}
		for name, group := range wanted {
			core.DiscoveryGroupManager.AddGroup(group)
			announced[name] = true
		}
	}
	_, err := definitions.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: groups, UpdateFunc: func(_, now any) { groups(now) }, DeleteFunc: groups})
	must(err)
	core.DiscoveryGroupManager.AddGroup(metav1.APIGroup{
		Name:             apiextensionsv1.GroupName,
		Versions:         []metav1.GroupVersionForDiscovery{{GroupVersion: "apiextensions.k8s.io/v1", Version: "v1"}},
		PreferredVersion: metav1.GroupVersionForDiscovery{GroupVersion: "apiextensions.k8s.io/v1", Version: "v1"},
	})
}

func serve(ctx context.Context, s settings) error {
	etcd, factory := makeStore(s)
	config, err := makeConfig(s, etcd, factory)
	if err != nil {
		return err
	}
	custom, err := makeExtensions(*config, *etcd)
	if err != nil {
		return err
	}
	core, err := config.Complete().New("newer-apiserver", custom.GenericAPIServer)
	if err != nil {
		return err
	}
	door, err := makeKubeletDoor(s)
	if err != nil {
		return err
	}
	legacy, groups, err := makeGroups(config.RESTOptionsGetter, door)
	if err != nil {
		return err
	}
	if err := core.InstallLegacyAPIGroup(server.DefaultLegacyAPIPrefix, legacy); err != nil {
		return err
	}
	if err := core.InstallAPIGroups(groups...); err != nil {
		return err
	}
	announceGroups(core, custom)
	klog.Infof("serving %s of %d kinds", corev1.SchemeGroupVersion, len(kinds))
	return core.PrepareRun().RunWithContext(ctx)
}
