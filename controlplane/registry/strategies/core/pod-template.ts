import type { Kinds } from '#api/resources.ts';
import type { Strategy } from '../strategy.ts';
import { defaultTemplate, validateTemplate } from '../apps/workload.ts';

/** pkg/registry/core/podtemplate/strategy.go */
export const podTemplateStrategy: Strategy<Kinds['podtemplates']> = {
  generation: true,

  setDefaults(podTemplate) {
    podTemplate.template ??= {};
    defaultTemplate(podTemplate.template);
  },
  validate: ({ template }) => validateTemplate(template ?? {}, 'template'),
};
