import type { Kinds } from '#api/resources.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { newestDefault } from './default-class.ts';

type Ingress = Kinds['ingresses'];

const IS_DEFAULT = ['ingressclass.kubernetes.io/is-default-class'];
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/** plugin/pkg/admission/network/defaultingressclass: a new Ingress without a class gets the default one. */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  admit({ operation, resource, subresource, object }, { store }) {
    if (operation !== 'CREATE' || resource.storage !== 'ingresses' || subresource !== undefined) return;
    const ingress = object as unknown as Ingress;
    if (ingress.spec?.ingressClassName !== undefined) return;
    if (ingress.metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return;
    const name = newestDefault(store.list('ingressclasses'), IS_DEFAULT);
    if (name !== undefined) ingress.spec = { ...ingress.spec, ingressClassName: name };
  },
};
